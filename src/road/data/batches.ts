import { assert } from "../../base/errors/index.ts";
import { Random } from "../../base/random/index.ts";
import type { Batch, PairedBatch } from "../../networks/models/index.ts";
import { channelsOf, type Preparation } from "../preparation/index.ts";
import type { Case } from "./case.ts";
import type { CaseCache } from "./case-cache.ts";
import type { PreparedCase } from "./prepare-case.ts";

/** How the samples (slices, or tiles of slices) of an epoch are drawn. */
export interface BatchOptions {
  readonly batchSize: number;
  readonly seed: number;
  readonly epoch: number;
  /** Batches in the epoch: fewer than one pass over the samples, or several passes. Infinity for exactly one pass. */
  readonly stepsPerEpoch: number;
  /** Samples of so many bytes of cases are shuffled together; more cases are read when these are used up. */
  readonly groupBytes: number;
  /** Mirror left and right at random (axial and coronal slices). */
  readonly flip: boolean;
  readonly signal?: AbortSignal;
}

/** The batches of one epoch. */
export async function* epochOf(
  cases: readonly Case[],
  cache: CaseCache,
  preparation: Preparation,
  options: BatchOptions,
): AsyncGenerator<PairedBatch> {
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
 * One pass: each sample of each case once, in an order that depends on seed, epoch and pass alone. Cases are read group by
 * group, so that data larger than memory streams from disk. A last batch smaller than `batchSize` is given as it is.
 */
async function* passOf(
  cases: readonly Case[],
  cache: CaseCache,
  preparation: Preparation,
  options: BatchOptions,
  pass: number,
): AsyncGenerator<PairedBatch> {
  const { batchSize, seed, epoch, groupBytes, signal } = options;
  const random = Random.fork(seed, pass === 0 ? `batches/${epoch}` : `batches/${epoch}/${pass}`);
  const flip = options.flip && preparation.sampler.axis !== "sagittal";
  const order = random.shuffle(cases);
  let pending: [PreparedCase, number][] = [];
  let bytes = 0;
  for (const [n, source] of order.entries()) {
    const prepared = await cache.get(source, signal);
    for (const index of prepared.samples) pending.push([prepared, index]);
    bytes += prepared.bytes;
    const last = n === order.length - 1;
    if (bytes < groupBytes && !last) continue;
    bytes = 0;
    pending = random.shuffle(pending);
    while (pending.length >= batchSize || (last && pending.length > 0)) {
      const pairs = pending
        .splice(0, batchSize)
        .map(([from, index]) => sample(preparation, from, index, flip && random.next() < 0.5));
      yield { input: stack(pairs.map((p) => p.input)), target: stack(pairs.map((p) => p.target)) };
    }
  }
}

function sample(
  { sampler, inputs }: Preparation,
  { subject, id }: PreparedCase,
  index: number,
  flip: boolean,
): PairedBatch {
  const { ct } = subject.targets;
  assert(ct, "has no target CT", { where: `case ${id}` });
  const common = { indices: [index], caseId: id };
  const pair = {
    input: sampler.batch({ ...common, ...channelsOf(subject, inputs) }),
    target: sampler.batch({
      ...common,
      volumes: [ct.volume],
      fill: [ct.outside],
      mask: subject.masks.learnt,
      context: 0,
    }),
  };
  return flip ? { input: mirrored(pair.input), target: mirrored(pair.target) } : pair;
}

/** W reversed. */
function mirrored(batch: Batch): Batch {
  const [, , width, channels] = batch.shape as [number, number, number, number];
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
  const join = (parts: readonly Float32Array[]) => {
    const out = new Float32Array(parts.reduce((n, p) => n + p.length, 0));
    let place = 0;
    for (const part of parts) {
      out.set(part, place);
      place += part.length;
    }
    return out;
  };
  const masks = batches.flatMap((b) => (b.mask ? [b.mask] : []));
  return {
    data: join(batches.map((b) => b.data)),
    shape: [batches.length, ...first.shape.slice(1)],
    affine: first.affine,
    caseIds: batches.flatMap((b) => b.caseIds),
    ...(masks.length === batches.length ? { mask: join(masks) } : {}),
  };
}
