import type { FittedLookup } from "../../../evaluation/scoring/index.ts";
import { fitLookup } from "../../../evaluation/scoring/index.ts";
import { type Dataset, loadCase } from "../../../road/data/index.ts";
import type { Preparation } from "../../../road/preparation/index.ts";
import type { Output } from "../io/output.ts";

/**
 * Loads every case once before training: a damaged file or a CT on another grid is told now, not after hours. The same
 * pass fits the lookup baseline.
 */
export async function checkCases(
  dataset: Dataset,
  preparation: Pick<Preparation, "inputs" | "steps">,
  options: { readonly output: Output; readonly signal: AbortSignal; readonly title: string },
): Promise<FittedLookup> {
  const { output, signal, title } = options;
  const others = [...dataset.validation, ...dataset.test];
  const total = dataset.train.length + others.length;
  const bar = output.progress(title);
  let done = 0;
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
    const baseline = await fitLookup(counted, preparation, signal);
    for (const source of others) {
      await loadCase(source, preparation.inputs, signal);
      bar.update(++done, total, source.id);
    }
    return baseline;
  } finally {
    bar.stop();
  }
}
