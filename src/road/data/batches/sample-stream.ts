import { Random } from "../../../base/random/index.ts";
import type { TrainBatch } from "../../../networks/models/index.ts";
import type { Place } from "../../preparation/index.ts";
import type { Case } from "../case.ts";
import type { BatchContext } from "./batch-source.ts";
import type { TrainingCase } from "./training-case.ts";

/** A sample that was drawn, not yet cut. */
export interface Drawn {
  readonly from: TrainingCase;
  readonly place: Place;
}

/**
 * One pass over the samples of the cases, each once and `batchSize` at a time, the last ones as many as are left. The order depends on the seed and
 * `pass` alone. Cases are read group by group, so that data larger than memory streams from disk.
 *
 * @param pass names the pass: "batches/3"
 */
export async function* samplesOf(
  { prepare, batchSize, seed }: BatchContext,
  cases: readonly Case[],
  {
    pass,
    groupBytes,
    signal,
  }: { readonly pass: string; readonly groupBytes: number; readonly signal?: AbortSignal },
): AsyncGenerator<readonly Drawn[]> {
  const random = Random.fork(seed, pass);
  const order = random.shuffle(cases);
  let pending: Drawn[] = [];
  let bytes = 0;
  for (const [n, source] of order.entries()) {
    const from = await prepare(source.variant?.(pass) ?? source, signal);
    const places = from.places(Random.fork(seed, `places/${pass}/${from.id}`));
    for (const place of places) pending.push({ from, place });
    bytes += from.bytes;
    const last = n === order.length - 1;
    if (bytes < groupBytes && !last) continue;
    bytes = 0;
    pending = random.shuffle(pending);
    while (pending.length >= batchSize || (last && pending.length > 0)) yield pending.splice(0, batchSize);
  }
}

/** A batch whose samples are drawn. It is cut when it is called, which nobody does for a batch that is left out. */
export type DrawnBatch = () => TrainBatch;

/** Passes one after the other until an epoch has its steps; one where it has no number of them. The first `from` batches are left out. */
export async function* inPasses(
  { stepsPerEpoch, from = 0 }: { readonly stepsPerEpoch: number; readonly from?: number },
  pass: (n: number) => AsyncIterable<DrawnBatch>,
): AsyncGenerator<TrainBatch> {
  let steps = 0;
  if (from >= stepsPerEpoch) return;
  for (let n = 0; ; n++) {
    const before = steps;
    for await (const batch of pass(n)) {
      if (steps >= from) yield batch();
      if (++steps >= stepsPerEpoch) return;
    }
    if (stepsPerEpoch === Number.POSITIVE_INFINITY || steps === before) return;
  }
}
