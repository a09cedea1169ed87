import type { LookupBaseline } from "../../../evaluation/metrics/index.ts";
import { fitLookup } from "../../../evaluation/scoring/index.ts";
import { type Dataset, loadCase } from "../../../road/data/index.ts";
import type { Plan } from "../../../road/preparation/index.ts";
import type { Output } from "../io/output.ts";

/**
 * Loads every case once before training: a damaged file or a CT on another grid is told now, not after hours. The same
 * pass fits the lookup baseline.
 */
export async function checkCases(
  dataset: Dataset,
  channels: Plan["inputs"],
  options: { readonly output: Output; readonly signal: AbortSignal; readonly title: string },
): Promise<LookupBaseline> {
  const { output, signal, title } = options;
  const names = channels.map((channel) => channel.name);
  const others = [...dataset.validation, ...dataset.test];
  const total = dataset.train.length + others.length;
  const bar = output.progress(title);
  let done = 0;
  bar.update(done, total);
  const counted = dataset.train.map((source) => ({
    ...source,
    target: source.target && {
      load: async (s?: AbortSignal) => {
        bar.update(++done, total, source.id);
        return source.target!.load(s);
      },
    },
  }));
  try {
    const baseline = await fitLookup(counted, channels, signal);
    for (const source of others) {
      await loadCase(source, names, signal);
      bar.update(++done, total, source.id);
    }
    return baseline;
  } finally {
    bar.stop();
  }
}
