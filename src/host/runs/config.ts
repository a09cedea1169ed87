import { sha256 } from "../../base/bytes/index.ts";
import { jsonBytes } from "./names.ts";
import type { TrainSettings } from "./settings.ts";

/**
 * A config as far as JSON can hold it: of plugins the names. With the SHA-256 of the rest as JSON without white space, since a
 * resumed run relies on it.
 */
export function encodeRunConfig(
  settings: TrainSettings,
  plugins: readonly { readonly name: string }[] = [],
): Uint8Array {
  const names = plugins.map(({ name }) => name);
  const config = { ...(names.length > 0 ? { plugins: names } : {}), train: settings };
  return jsonBytes({ ...config, sha256: digestOf(config) });
}

/** @returns `undefined` where it was damaged or edited */
export function parseRunConfig(
  text: string,
): { readonly plugins?: readonly string[]; readonly train: TrainSettings } | undefined {
  try {
    const { sha256: given, ...config } = JSON.parse(text) ?? {};
    return given === digestOf(config) ? config : undefined;
  } catch {
    return undefined;
  }
}

function digestOf(config: object): string {
  return sha256([new TextEncoder().encode(JSON.stringify(config))]);
}
