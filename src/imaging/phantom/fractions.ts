import { MidashError } from "../../base/errors/index.ts";
import {
  type Affine,
  affineFromSpacing,
  mapTriple,
  multiplyAffines,
  type Triple,
  type Volume,
} from "../volume/index.ts";

/** A grid of output voxels over a label volume: each is an average of several label samples. */
export interface Sampling {
  readonly shape: Triple;
  readonly affine: Affine;
  readonly spacing: Triple;
  /** Per axis: for each output voxel, `samples` label indices one after another. */
  readonly indices: readonly [Int32Array, Int32Array, Int32Array];
  readonly samples: Triple;
}

/**
 * The grid with voxels of `spacing` over the same field of view (the outer corner of the first voxel stays), and the
 * labels that lie in each voxel: all of them when the ratio is whole, else nearest labels at evenly spread points.
 */
export function samplingOf(labels: Volume, spacing: Triple): Sampling {
  const ratio = mapTriple(spacing, (s, d) => s / labels.spacing[d]!);
  const shape = mapTriple(labels.shape, (n, d) => Math.max(1, Math.round(n / ratio[d]!)));
  const samples = mapTriple(ratio, (r) => Math.max(1, Math.ceil(r - 1e-6)));
  const indices = shape.map((n, d) => {
    const out = new Int32Array(n * samples[d]!);
    for (let i = 0; i < out.length; i++) {
      const place = ((i + 0.5) / samples[d]!) * ratio[d]!; // from the outer corner, in label voxels
      out[i] = Math.min(labels.shape[d]! - 1, Math.floor(place));
    }
    return out;
  }) as unknown as Sampling["indices"];
  const start = mapTriple(ratio, (r) => r / 2 - 0.5);
  const affine = multiplyAffines(labels.affine, affineFromSpacing(ratio, start));
  return { shape, affine, spacing, indices, samples };
}

/** Gives each label number of a volume a small class index. */
export interface Classes {
  /** Label number to class index, -1 where the table has none. */
  readonly ofLabel: Int16Array;
  readonly labels: readonly number[];
}

/** Classes for the labels of a table. */
export function classesOf(labels: Iterable<number>): Classes {
  const list = [...labels];
  const ofLabel = new Int16Array(Math.max(0, ...list) + 1).fill(-1);
  list.forEach((label, index) => {
    ofLabel[label] = index;
  });
  return { ofLabel, labels: list };
}

/** Called for each output voxel: which classes are in it, how many of the samples each, and how many classes. */
export type VisitVoxel = (voxel: number, present: Int32Array, counts: Int32Array, kinds: number) => void;

/**
 * Counts the classes in each output voxel of slice `k`. `present[0..kinds)` are class indices, `counts[class]` their
 * samples; both are reused between calls.
 *
 * @throws MidashError `invalid-argument` on a label that the table lacks
 */
export function countSlice(
  labels: Volume,
  sampling: Sampling,
  classes: Classes,
  k: number,
  visit: VisitVoxel,
): void {
  const [nx, ny] = labels.shape;
  const [ox, oy] = sampling.shape;
  const [sx, sy, sz] = sampling.samples;
  const [ix, iy, iz] = sampling.indices;
  const { data } = labels;
  const { ofLabel } = classes;
  const counts = new Int32Array(classes.labels.length);
  const present = new Int32Array(classes.labels.length);
  const rows = new Int32Array(sy * sz);
  for (let j = 0; j < oy; j++) {
    let r = 0;
    for (let c = 0; c < sz; c++)
      for (let b = 0; b < sy; b++) rows[r++] = nx * (iy[j * sy + b]! + ny * iz[k * sz + c]!);
    for (let i = 0; i < ox; i++) {
      let kinds = 0;
      for (let row = 0; row < r; row++)
        for (let a = 0; a < sx; a++) {
          const label = data[rows[row]! + ix[i * sx + a]!]!;
          const kind = ofLabel[label] ?? -1;
          if (kind < 0) throw unknownLabel(label);
          if (counts[kind]!++ === 0) present[kinds++] = kind;
        }
      visit(i + ox * (j + oy * k), present, counts, kinds);
      for (let p = 0; p < kinds; p++) counts[present[p]!] = 0;
    }
  }
}

function unknownLabel(label: number): MidashError {
  return new MidashError("invalid-argument", `label ${label} is not in the tissue table`, {
    where: { call: "simulateFromLabels" },
    hint: "add it to the table",
  });
}
