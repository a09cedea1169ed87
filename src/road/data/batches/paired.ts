import type { BatchContext, BatchSourceType } from "./batch-source.ts";
import type { DrawnSample } from "./loader.ts";
import { cutBatches, samplesOf } from "./sample-stream.ts";

/** Input and targets of the same place of the same case. */
export const paired: BatchSourceType = {
  name: "paired",
  open: (context) => ({
    epoch: (epoch, options = {}) =>
      cutBatches(context, options, (n) => passOf(context, epoch, n, options.signal)),
  }),
};

async function* passOf(
  context: BatchContext,
  epoch: number,
  n: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly DrawnSample[]> {
  const { cases, groupBytes } = context;
  const pass = n === 0 ? `batches/${epoch}` : `batches/${epoch}/${n}`;
  for await (const drawn of samplesOf(context, cases, { pass, groupBytes, signal }))
    yield drawn.map((one) => ({
      input: one,
      targets: one,
      key: `${epoch}/${n}/${one.from.id}/${one.place}`,
    }));
}
