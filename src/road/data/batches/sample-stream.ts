import { Random } from "../../../base/random/index.ts";
import type { TrainBatch } from "../../../networks/models/index.ts";
import type { Case } from "../case.ts";
import type { BatchContext } from "./batch-source.ts";
import type { Drawn, DrawnSample, LentBatch } from "./loader.ts";

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
    const places = await from.places(Random.fork(seed, `places/${pass}/${from.id}`));
    for (const place of places) pending.push({ from, place });
    bytes += from.bytes;
    const last = n === order.length - 1;
    if (bytes < groupBytes && !last) continue;
    bytes = 0;
    pending = random.shuffle(pending);
    while (pending.length >= batchSize || (last && pending.length > 0)) yield pending.splice(0, batchSize);
  }
}

/**
 * The batches of an epoch: passes one after the other until it has its steps, one pass where it has no number of them. The first `from` batches are drawn and
 * not cut. So many as the context says are cut ahead of the one that is used; each is lent until the next is asked for.
 */
export async function* cutBatches(
  { stepsPerEpoch, cut, ahead }: Pick<BatchContext, "stepsPerEpoch" | "cut" | "ahead">,
  { from = 0, signal }: { readonly from?: number; readonly signal?: AbortSignal },
  pass: (n: number) => AsyncIterable<readonly DrawnSample[]>,
): AsyncGenerator<TrainBatch> {
  const draws = drawnBatches(stepsPerEpoch, from, pass);
  const batches = ahead > 0 ? inAdvance(draws, (drawn) => cut(drawn, signal), ahead) : draws;
  for await (const next of batches) {
    const { batch, release } = "length" in next ? await cut(next, signal) : next;
    try {
      yield batch;
    } finally {
      release();
    }
  }
}

/** Batches as they were drawn, so many of them begun ahead. Cases that are being read hold up no batch that is there. */
async function* inAdvance(
  draws: AsyncGenerator<readonly DrawnSample[]>,
  cut: (drawn: readonly DrawnSample[]) => Promise<LentBatch>,
  ahead: number,
): AsyncGenerator<LentBatch> {
  const begun: Promise<LentBatch>[] = [];
  let stopped = false;
  let changed = signalling();
  const tell = () => {
    changed.fire();
    changed = signalling();
  };
  const drawing = (async () => {
    for await (const drawn of draws) {
      if (stopped) return;
      const batch = cut(drawn);
      batch.catch(() => undefined); // whoever waits for the batch sees it
      begun.push(batch);
      tell();
      while (begun.length >= ahead && !stopped) await changed.fired;
    }
  })();
  let ended = false;
  const end = drawing.finally(() => {
    ended = true;
    tell();
  });
  end.catch(() => undefined); // thrown below, when all that was begun is used
  try {
    for (;;) {
      while (begun.length === 0 && !ended) await changed.fired;
      const next = begun.shift();
      if (!next) return await end;
      tell();
      yield next;
    }
  } finally {
    stopped = true;
    tell();
    await end.catch(() => undefined);
    for (const left of await Promise.allSettled(begun)) if (left.status === "fulfilled") left.value.release();
  }
}

/** A promise that fulfils when `fire` is called. */
function signalling(): { readonly fired: Promise<void>; fire(): void } {
  let fire: () => void = () => undefined;
  const fired = new Promise<void>((resolve) => {
    fire = resolve;
  });
  return { fired, fire };
}

async function* drawnBatches(
  stepsPerEpoch: number,
  from: number,
  pass: (n: number) => AsyncIterable<readonly DrawnSample[]>,
): AsyncGenerator<readonly DrawnSample[], undefined> {
  let steps = 0;
  if (from >= stepsPerEpoch) return;
  for (let n = 0; ; n++) {
    const before = steps;
    for await (const drawn of pass(n)) {
      if (steps >= from) yield drawn;
      if (++steps >= stepsPerEpoch) return;
    }
    if (stepsPerEpoch === Number.POSITIVE_INFINITY || steps === before) return;
  }
}
