import type { Warning } from "../../../base/errors/index.ts";
import type { FittedLookup } from "../../../evaluation/scoring/index.ts";
import { fitLookup } from "../../../evaluation/scoring/index.ts";
import { type Dataset, loadCase } from "../../../road/data/index.ts";
import type { Preparation } from "../../../road/preparation/index.ts";
import { inFlags } from "../io/in-flags.ts";
import type { Output } from "../io/output.ts";

/**
 * Loads every case once before training: a damaged file or a CT on another grid is reported now, not after hours, and what is
 * doubtful is said. The same pass fits the lookup baseline.
 */
export async function checkCases(
  dataset: Dataset,
  preparation: Pick<Preparation, "inputs" | "steps">,
  options: { readonly output: Output; readonly signal: AbortSignal; readonly title: string },
): Promise<{ readonly baseline: FittedLookup; readonly warnings: readonly string[] }> {
  const { output, signal, title } = options;
  const others = [...dataset.validation, ...dataset.test];
  const total = dataset.train.length + others.length;
  const bar = output.progress(title);
  let done = 0;
  const found: string[] = [];
  bar.update(done, total);
  const counted = dataset.train.map((source) => ({
    ...source,
    targets: source.targets?.ct && {
      ...source.targets,
      ct: {
        load: async (s?: AbortSignal) => {
          bar.update(++done, total, source.id);
          return source.targets!.ct!.load(s);
        },
      },
    },
  }));
  try {
    const onWarning = (warning: Warning) => void found.push(inFlags(warning));
    const baseline = await fitLookup(counted, preparation, { signal, onWarning });
    for (const source of others) {
      (await loadCase(source, preparation.inputs, signal)).warnings.forEach(onWarning);
      bar.update(++done, total, source.id);
    }
    return { baseline, warnings: found };
  } finally {
    bar.stop();
    for (const warning of found) output.say(`Warning: ${warning}`);
  }
}
