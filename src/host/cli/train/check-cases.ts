import type { Warning } from "../../../base/errors/index.ts";
import type { FittedLookup } from "../../../evaluation/scoring/index.ts";
import { fitLookup } from "../../../evaluation/scoring/index.ts";
import { type Case, type Dataset, loadCase } from "../../../road/data/index.ts";
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
  try {
    const onWarning = (warning: Warning) => void found.push(inFlags(warning));
    const onCase = (id: string) => bar.update(++done, total, id);
    const baseline = await fitLookup(dataset.train, preparation, { signal, onWarning, onCase });
    for (const source of others) {
      (await warningsOf(source, preparation, signal)).forEach(onWarning);
      onCase(source.id);
    }
    return { baseline, warnings: found };
  } finally {
    bar.stop();
    for (const warning of found) output.say(`Warning: ${warning}`);
  }
}

/** What is doubtful about a case. One that was prepared is read for its checksum alone. @throws MidashError what is wrong with it */
async function warningsOf(
  source: Case,
  { inputs }: Pick<Preparation, "inputs">,
  signal: AbortSignal,
): Promise<readonly Warning[]> {
  if (!source.prepared) return (await loadCase(source, inputs, signal)).warnings;
  await source.prepared.check(signal);
  return source.prepared.entry.warnings;
}
