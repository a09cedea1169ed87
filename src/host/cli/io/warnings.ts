import type { Warning } from "../../../base/errors/index.ts";
import { doubtHu } from "../../../imaging/hounsfield/index.ts";
import type { Volume } from "../../../imaging/volume/index.ts";
import { inFlags } from "./in-flags.ts";
import type { Output } from "./output.ts";

/** Says warnings to people. @returns their texts, for the result */
export function sayWarnings(output: Output, warnings: readonly Warning[]): readonly string[] {
  const texts = warnings.map((warning) => inFlags(warning));
  for (const text of texts) output.say(`Warning: ${text}`);
  return texts;
}

/** What is doubtful about files that are taken for CTs in HU. */
export function ctWarnings(...files: readonly (readonly [path: string, ct: Volume])[]): readonly Warning[] {
  return files.flatMap(([path, ct]) => doubtHu(ct, path) ?? []);
}
