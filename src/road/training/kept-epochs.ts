import type { EpochRecord } from "./checkpoint.ts";
import { isBetter, type Watch } from "./watch.ts";

/** How {@link keptName} calls files. */
const KEPT = /^epoch-\d{4,}(-[a-z0-9_]+-[^-]+.*)?\.safetensors$/;

/** What an epoch's model file is called: "epoch-0012-mae-61.3412.safetensors". */
export function keptName({ epoch, validation }: Pick<EpochRecord, "epoch" | "validation">): string {
  const name = validation?.name.toLowerCase().replace(/[^a-z0-9]+/g, "_");
  const value = validation ? `-${name}-${Number(validation.value.toPrecision(6))}` : "";
  return `epoch-${String(epoch).padStart(4, "0")}${value}.safetensors`;
}

export function isKeptName(name: string): boolean {
  return KEPT.test(name);
}

/** Names of the model files of the best `n` epochs; of those without validation the last ones. */
export function keptNames(history: readonly EpochRecord[], watch: Watch, n: number): readonly string[] {
  const ranked: EpochRecord[] = [];
  for (const record of history) {
    const at = ranked.findIndex((other) => isBetter(watch, record.validation, other.validation));
    ranked.splice(at === -1 ? ranked.length : at, 0, record);
  }
  return ranked.slice(0, n).map(keptName);
}
