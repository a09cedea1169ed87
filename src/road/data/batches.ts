import { joinFloats } from "../../base/bytes/index.ts";
import { assert } from "../../base/errors/index.ts";
import { Random } from "../../base/random/index.ts";
import type { Batch, TrainBatch } from "../../networks/models/index.ts";
import type { Place, Preparation } from "../preparation/index.ts";
import type { Case } from "./case.ts";
import type { CaseCache } from "./case-cache.ts";
import type { PreparedCase } from "./prepare-case.ts";

/** How the samples of an epoch are drawn. */
export interface BatchOptions {
  readonly batchSize: number;
  readonly seed: number;
  readonly epoch: number;
  /** Batches in the epoch: fewer than one pass over the samples, or several passes. Infinity for exactly one pass. */
  readonly stepsPerEpoch: number;
  /** Samples of so many bytes of cases are shuffled together; more cases are read when these are used up. */
  readonly groupBytes: number;
  /** Mirror left and right at random, where samples have W = x. */
  readonly flip: boolean;
  readonly signal?: AbortSignal;
}

/** The batches of one epoch. */
export async function* epochOf(
  cases: readonly Case[],
  cache: CaseCache,
  preparation: Preparation,
  options: BatchOptions,
): AsyncGenerator<TrainBatch> {
  const { stepsPerEpoch } = options;
  let steps = 0;
  for (let pass = 0; ; pass++) {
    const before = steps;
    for await (const batch of passOf(cases, cache, preparation, options, pass)) {
      yield batch;
      if (++steps >= stepsPerEpoch) return;
    }
    if (stepsPerEpoch === Number.POSITIVE_INFINITY || steps === before) return;
  }
}

/**
 * One pass: what the sampler draws of each case, in an order that depends on seed, epoch and pass alone. Cases are read group by
 * group, so that data larger than memory streams from disk. A last batch smaller than `batchSize` is given as it is.
 */
async function* passOf(
  cases: readonly Case[],
  cache: CaseCache,
  preparation: Preparation,
  options: BatchOptions,
  pass: number,
): AsyncGenerator<TrainBatch> {
  const { batchSize, seed, epoch, groupBytes, signal } = options;
  const random = Random.fork(seed, pass === 0 ? `batches/${epoch}` : `batches/${epoch}/${pass}`);
  const flip = options.flip && preparation.sampler.axes.at(-1) === "x";
  const order = random.shuffle(cases);
  let pending: [PreparedCase, Place][] = [];
  let bytes = 0;
  for (const [n, source] of order.entries()) {
    const prepared = await cache.get(source, signal);
    const drawn = Random.fork(seed, `draw/${epoch}/${pass}/${source.id}`);
    for (const place of preparation.sampler.draw(prepared.subject.masks.learnt!, drawn))
      pending.push([prepared, place]);
    bytes += prepared.bytes;
    const last = n === order.length - 1;
    if (bytes < groupBytes && !last) continue;
    bytes = 0;
    pending = random.shuffle(pending);
    while (pending.length >= batchSize || (last && pending.length > 0)) {
      const pairs = pending
        .splice(0, batchSize)
        .map(([from, place]) => sample(preparation, from, place, flip && random.next() < 0.5));
      yield {
        input: stack(pairs.map((p) => p.input)),
        targets: { ct: stack(pairs.map((p) => p.targets.ct!)) },
      };
    }
  }
}

function sample(
  { sampler, inputs }: Preparation,
  { subject, id }: PreparedCase,
  place: Place,
  flip: boolean,
): TrainBatch {
  const { grid, targets, masks } = subject;
  const { ct } = targets;
  assert(ct, "has no target CT", { where: `case ${id}` });
  const input = sampler.cut(
    inputs.map(({ name }) => subject.inputs[name]),
    [place],
    { grid },
  );
  const how = { grid, context: 0, how: "nearest" } as const;
  const { data: mask } = sampler.cut([{ volume: masks.learnt!, outside: 0 }], [place], how);
  const target = { ...sampler.cut([ct], [place], { grid, context: 0 }), mask };
  return flip
    ? { input: mirrored(input), targets: { ct: mirrored(target) } }
    : { input, targets: { ct: target } };
}

/** W reversed. */
function mirrored(batch: Batch): Batch {
  const [width, channels] = batch.shape.slice(-2) as [number, number];
  const reverse = (data: Float32Array, c: number) => {
    const out = new Float32Array(data.length);
    for (let p = 0; p < data.length / c; p++) {
      const x = p % width;
      const q = p - x + (width - 1 - x);
      for (let k = 0; k < c; k++) out[q * c + k] = data[p * c + k]!;
    }
    return out;
  };
  return { ...batch, data: reverse(batch.data, channels), mask: batch.mask && reverse(batch.mask, 1) };
}

/** Samples of one shape as one batch. */
function stack(batches: readonly Batch[]): Batch {
  const first = batches[0]!;
  const masks = batches.flatMap((b) => (b.mask ? [b.mask] : []));
  return {
    data: joinFloats(batches.map((b) => b.data)),
    shape: [batches.length, ...first.shape.slice(1)],
    ...(masks.length === batches.length ? { mask: joinFloats(masks) } : {}),
  };
}
