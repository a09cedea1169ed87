import { augmented } from "../augmentations/augmentation.ts";
import type { BatchContext, BatchSourceType } from "./batch-source.ts";
import { type DrawnBatch, inPasses, samplesOf } from "./sample-stream.ts";
import { stackSamples } from "./stack.ts";

/** Input and targets of the same place of the same case. */
export const paired: BatchSourceType = {
  name: "paired",
  open: (context) => ({
    epoch: (epoch, { signal, from } = {}) =>
      inPasses({ ...context, from }, (n) => passOf(context, epoch, n, signal)),
  }),
};

async function* passOf(
  context: BatchContext,
  epoch: number,
  n: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<DrawnBatch> {
  const { cases, groupBytes, augmentations, seed } = context;
  const pass = n === 0 ? `batches/${epoch}` : `batches/${epoch}/${n}`;
  for await (const drawn of samplesOf(context, cases, { pass, groupBytes, signal }))
    yield () =>
      stackSamples(
        drawn.map(({ from, place }) => {
          const sample = { ...from.input(place), targets: from.targets(place) };
          return augmented(sample, augmentations, { seed, from: `${epoch}/${n}/${from.id}/${place}` });
        }),
      );
}
