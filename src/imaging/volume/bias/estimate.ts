import { assert, breathe } from "../../../base/errors/index.ts";
import { mapTriple, spacingOf, type Triple, voxelsIn } from "../affine.ts";
import { assertSameGrid } from "../grid.ts";
import { otsuThreshold } from "../otsu.ts";
import type { Volume } from "../volume.ts";
import type { BiasFieldSettings } from "./bias-field-options.ts";
import { sharpen } from "./sharpen.ts";
import {
  type Basis,
  basisOf,
  emptyLattice,
  evaluate,
  type Lattice,
  LatticeFit,
  refine,
} from "./spline-lattice.ts";

/** How far an estimation has come: iterations done, of those that there can be at most. */
export interface BiasProgress {
  readonly done: number;
  readonly total: number;
}

/**
 * The log of the bias field on the volume's grid, by N4: in turns the histogram of what is left is sharpened, and a smooth B-spline is fitted to what
 * sharpening took away; from level to level the spline may bend more. Yields after every iteration, so that
 * callers can stop it or let others work.
 */
export function* logBiasField(
  volume: Volume,
  mask: Volume | undefined,
  settings: BiasFieldSettings,
): Generator<BiasProgress, Float32Array> {
  const samples = samplesOf(volume, mask, settings.shrink);
  const { log, inside, counted, indices } = samples;
  let lattice = emptyLattice(piecesOf(volume, settings.splineSpacing));
  let field = new Float64Array(log.length);
  let next = new Float64Array(log.length);
  const rest = log.slice();
  const sharpened = new Float64Array(log.length);
  const residual = new Float64Array(log.length);
  const total = settings.fittingLevels * settings.iterations;
  for (let level = 0; level < settings.fittingLevels; level++) {
    if (level > 0) lattice = refine(lattice);
    const basis = basisOf(lattice, volume.shape, indices);
    const fitter = new LatticeFit(lattice, basis, counted);
    for (let n = 0; n < settings.iterations; n++) {
      sharpen(rest, inside, sharpened, settings);
      for (let i = 0; i < inside.length; i++) {
        const p = inside[i]!;
        residual[p] = rest[p]! - sharpened[p]!;
      }
      const change = fitter.fit(residual);
      for (let c = 0; c < change.length; c++) lattice.points[c]! += change[c]!;
      evaluate(lattice, basis, next);
      const moved = variation(next, field, inside);
      [field, next] = [next, field];
      for (let i = 0; i < inside.length; i++) rest[inside[i]!] = log[inside[i]!]! - field[inside[i]!]!;
      yield { done: level * settings.iterations + n + 1, total };
      if (moved < settings.threshold) break;
    }
  }
  let sum = 0;
  for (let i = 0; i < inside.length; i++) sum += field[inside[i]!]!;
  return onGrid(lattice, volume.shape, sum / inside.length);
}

/** Runs {@link logBiasField} with pauses in which signals and timers come through. */
export async function finishSlowly<P, T>(
  work: Generator<P, T>,
  signal: AbortSignal | undefined,
  onProgress: ((progress: P) => void) | undefined,
): Promise<T> {
  for (;;) {
    await breathe(signal);
    const step = work.next();
    if (step.done) return step.value;
    onProgress?.(step.value);
  }
}

interface Samples {
  /** Log intensities of the samples; 0 where they don't count. */
  readonly log: Float64Array;
  /** Indices of those that count, and 1 for each of them. */
  readonly inside: Int32Array;
  readonly counted: Float64Array;
  /** Voxel indices of the samples along each axis. */
  readonly indices: readonly Int32Array[];
}

function samplesOf(volume: Volume, mask: Volume | undefined, shrink: number): Samples {
  if (mask) assertSameGrid(volume, mask, ["volume", "mask"], "bias field");
  const indices = volume.shape.map((n) => {
    // Thin axes keep at least eight samples, or what they have.
    const step = Math.max(1, Math.min(shrink, Math.floor(n / 8)));
    const first = (step - 1) >> 1;
    return Int32Array.from({ length: Math.floor((n - 1 - first) / step) + 1 }, (_, i) => first + i * step);
  });
  const [x, y, z] = indices as [Int32Array, Int32Array, Int32Array];
  const values = new Float64Array(x.length * y.length * z.length);
  const counted = new Float64Array(values.length);
  const [nx, ny] = volume.shape;
  const read = (v: Volume, p: number) => v.scaling.slope * v.data[p]! + v.scaling.intercept;
  let i = 0;
  for (const k of z)
    for (const j of y)
      for (const at of x) {
        const p = at + nx * (j + ny * k);
        values[i] = read(volume, p);
        counted[i++] = mask ? (read(mask, p) > 0 ? 1 : 0) : 1;
      }
  const threshold = mask ? 0 : Math.max(0, otsuThreshold(values));
  const log = new Float64Array(values.length);
  const inside: number[] = [];
  for (let p = 0; p < values.length; p++) {
    const v = values[p]!;
    if (counted[p] === 1 && v > threshold && v < Number.POSITIVE_INFINITY) {
      log[p] = Math.log(v);
      inside.push(p);
    } else counted[p] = 0;
  }
  assert(
    inside.length >= 8,
    `${inside.length} samples above 0 ${mask ? "lie in the mask" : "stand out from the background"}, too few for a field`,
    { where: "bias field", hint: "give another mask, a smaller shrink, or leave the correction out" },
  );
  return { log, inside: Int32Array.from(inside), counted, indices };
}

function piecesOf({ shape, affine }: Volume, splineSpacing: number): Triple {
  const spacing = spacingOf(affine);
  return mapTriple(shape, (n, d) =>
    splineSpacing > 0 ? Math.max(1, voxelsIn((n - 1) * spacing[d]!, splineSpacing)) : 1,
  );
}

/** Coefficient of variation of the quotient of two fields given by their logs. */
function variation(a: Float64Array, b: Float64Array, inside: Int32Array): number {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < inside.length; i++) {
    const v = Math.exp(a[inside[i]!]! - b[inside[i]!]!);
    sum += v;
    squares += v * v;
  }
  const n = inside.length;
  const mean = sum / n;
  return Math.sqrt(Math.max(0, (squares - n * mean * mean) / (n - 1))) / mean;
}

/** The spline at every voxel, less `mean`. */
function onGrid(lattice: Lattice, shape: Triple, mean: number): Float32Array {
  const every = shape.map((n) => Int32Array.from({ length: n }, (_, i) => i));
  const basis: Basis = basisOf(lattice, shape, every);
  const out = new Float32Array(shape[0] * shape[1] * shape[2]);
  for (let c = 0; c < lattice.points.length; c++) lattice.points[c]! -= mean; // the spline's weights add up to 1
  evaluate(lattice, basis, out);
  return out;
}
