import { maskBytes, quantiles, type Volume } from "../../imaging/volume/index.ts";

/** Bins along each side of a joint histogram. */
export const JOINT_BINS = 64;
/** HU at the ends of a joint histogram's CT axis: bins of 48 HU. */
export const JOINT_HU = [-1024, 2048] as const;
/** An axial slice counts as the worst one only with this share of the counted voxels of the fullest slice. */
const FULL_ENOUGH = 0.2;

/** Mean HU over the voxels that count. */
export interface BodyMeans {
  readonly prediction: number;
  readonly reference: number;
  readonly voxels: number;
}

/** The axial slice with the highest MAE among those that hold at least a fifth as many counted voxels as the fullest. */
export interface WorstSlice {
  /** On the RAS grid, 0 at the feet. */
  readonly index: number;
  /** HU, over its counted voxels. */
  readonly mae: number;
  readonly voxels: number;
}

/** A joint histogram of one case. Values beyond an end are counted in the bin at that end. */
export interface JointCounts {
  /** What runs along x: MR between its 0.5 and 99.5 percentiles where voxels count, or the synthetic CT in HU. y is the CT in HU. */
  readonly x: "mr" | "sct";
  /** 64 · 64 voxel counts, x fastest, from low to high. */
  readonly counts: readonly number[];
}

/** What the figures of a report need of a case, so that its volumes need not be kept. All on one RAS grid. */
export function caseFigures(
  prediction: Volume,
  reference: Volume,
  mask: Volume,
  mr: Volume | undefined,
): { readonly body: BodyMeans; readonly worst: WorstSlice | null; readonly joint: JointCounts } {
  const inside = maskBytes(mask);
  const [nx, ny, nz] = reference.shape;
  const plane = nx * ny;
  const reader = ({ data, scaling }: Volume) => {
    const { slope, intercept } = scaling;
    return (i: number) => slope * data[i]! + intercept;
  };
  const [p, r] = [reader(prediction), reader(reference)];
  const joint = new Joint(mr ? "mr" : "sct", mr ? mrRange(mr, inside) : JOINT_HU);
  const x = mr ? reader(mr) : p;
  const sums = { prediction: 0, reference: 0, voxels: 0 };
  const slices: WorstSlice[] = [];
  for (let k = 0; k < nz; k++) {
    let voxels = 0;
    let absolute = 0;
    for (let i = k * plane; i < (k + 1) * plane; i++) {
      if (!inside[i]) continue;
      const [a, b] = [p(i), r(i)];
      if (!Number.isFinite(a - b)) continue;
      voxels++;
      absolute += Math.abs(a - b);
      sums.prediction += a;
      sums.reference += b;
      joint.add(x(i), b);
    }
    sums.voxels += voxels;
    slices.push({ index: k, voxels, mae: absolute / voxels });
  }
  const fullest = Math.max(...slices.map(({ voxels }) => voxels));
  const full = slices.filter(({ voxels }) => voxels > 0 && voxels >= FULL_ENOUGH * fullest);
  const worst = full.reduce<WorstSlice | null>((a, b) => (a && a.mae >= b.mae ? a : b), null);
  return {
    body: {
      prediction: sums.prediction / sums.voxels,
      reference: sums.reference / sums.voxels,
      voxels: sums.voxels,
    },
    worst,
    joint: joint.result(),
  };
}

class Joint {
  readonly #x: JointCounts["x"];
  readonly #range: readonly [number, number];
  readonly #counts = new Array<number>(JOINT_BINS ** 2).fill(0);

  constructor(x: JointCounts["x"], range: readonly [number, number]) {
    this.#x = x;
    this.#range = range;
  }

  add(x: number, y: number): void {
    if (Number.isNaN(x)) return;
    this.#counts[binOf(x, this.#range) + JOINT_BINS * binOf(y, JOINT_HU)]!++;
  }

  result(): JointCounts {
    return { x: this.#x, counts: this.#counts };
  }
}

function binOf(value: number, [low, high]: readonly [number, number]): number {
  const bin = Math.floor((JOINT_BINS * (value - low)) / (high - low));
  return Math.max(0, Math.min(JOINT_BINS - 1, bin));
}

/** MR has no unit: what is dark and what is bright is said by the case itself. */
function mrRange(mr: Volume, inside: Uint8Array): readonly [number, number] {
  const values = mr.values().filter((v, i) => inside[i] === 1 && Number.isFinite(v));
  if (values.length === 0) return [0, 1];
  const [low, high] = quantiles(values, [0.005, 0.995]) as [number, number];
  return [low, high > low ? high : low + 1];
}
