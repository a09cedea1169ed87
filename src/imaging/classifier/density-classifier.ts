import { assert, breathe, throwIfAborted } from "../../base/errors/index.ts";
import { assertDensityClasses, DENSITY_CLASSES, type DensityClass } from "../hounsfield/index.ts";
import { assertSameGrid, maskBytes, type Volume } from "../volume/index.ts";
import { removeSmallParts } from "./small-parts.ts";

/** One line of a {@link Classification}: how much of a class there is. */
export interface ClassSummary {
  readonly name: string;
  readonly label: number;
  /** HU, included. */
  readonly min: number;
  /** HU, excluded. */
  readonly max: number;
  readonly voxels: number;
  /** Volume in millilitres. */
  readonly mL: number;
  /** Mean HU of the class; null when it has no voxel. */
  readonly meanHU: number | null;
  /** Population standard deviation of HU; null when it has no voxel. */
  readonly sdHU: number | null;
  /** Voxels of this class in parts below `minMl`: not counted above, label 0. */
  readonly removed: number;
  /** Share of the voxels inside the mask (or of all), 0 to 1. */
  readonly fraction: number;
}

/** What {@link DensityClassifier.classify} gives. */
export interface Classification {
  /** Uint8 on the grid of the CT: 0 outside the mask (and where HU is NaN, in no class, or in a part too small), else the class's label. */
  readonly labels: Volume;
  readonly table: readonly ClassSummary[];
}

/** Options of `Classifier.density`. */
export interface DensityOptions {
  /** From low to high HU, half-open [min, max), without gap or overlap. Default {@link DENSITY_CLASSES}. */
  readonly classes?: readonly DensityClass[];
  /** Connected parts (26-neighbours) of a class below this many mL become label 0 and are not counted. Default 0: all stay. */
  readonly minMl?: number;
}

/** Sorts voxels of a CT or synthetic CT into classes of HU. */
export class DensityClassifier {
  readonly classes: readonly DensityClass[];
  /** mL. */
  readonly minMl: number;

  /** @throws MidashError `invalid-argument` when classes overlap, leave a gap or share a name or label, or `minMl` is negative */
  constructor(options: DensityOptions = {}) {
    const { classes = DENSITY_CLASSES, minMl = 0 } = options;
    assertDensityClasses(classes, { call: "Classifier.density", option: "classes" });
    assert(Number.isFinite(minMl) && minMl >= 0, `minMl must be 0 or more, got ${minMl}`, {
      where: { call: "Classifier.density" },
    });
    this.minMl = minMl;
    this.classes = classes.map((c) => ({ ...c }));
  }

  /**
   * @param ct in HU
   * @param options.mask only voxels where it is above 0 get a class and count; default: all voxels
   * @throws MidashError `invalid-argument` when not in HU or the mask is empty; `grid-mismatch`; `aborted`
   */
  async classify(
    ct: Volume,
    options: { readonly mask?: Volume; readonly signal?: AbortSignal } = {},
  ): Promise<Classification> {
    const where = { call: "Classifier.density" };
    const { mask, signal } = options;
    assert(ct.unit === "HU", `needs a CT in HU, this volume's unit is "${ct.unit}"`, { where });
    if (mask) assertSameGrid(ct, mask, ["ct", "mask"], where);
    throwIfAborted(signal);
    const body = mask && maskBytes(mask);
    const values = ct.values();
    const { classes } = this;
    const labels = new Uint8Array(values.length);
    const plane = ct.shape[0] * ct.shape[1];
    let inside = 0;
    for (let k = 0; k < ct.shape[2]; k++) {
      if (k % 32 === 31) await breathe(signal);
      for (let i = k * plane; i < (k + 1) * plane; i++) {
        if (body && !body[i]) continue;
        inside++;
        const v = values[i]!;
        for (let c = 0; c < classes.length; c++)
          if (v >= classes[c]!.min && v < classes[c]!.max) {
            labels[i] = classes[c]!.label;
            break;
          }
      }
    }
    assert(inside > 0, "is empty, so there is nothing to classify", {
      where: { ...where, option: "mask" },
    });
    // A part of exactly minMl stays, whatever the last digits of its volume are.
    const least = Math.ceil(this.minMl / ct.voxelMl - 1e-9);
    const removed = least > 1 ? await removeSmallParts(labels, ct.shape, least, signal) : undefined;
    const sums = sumsByLabel(labels, values);
    const table = classes.map((c) => {
      const [voxels, sum, squares] = sums(c.label);
      const mean = sum / voxels;
      return {
        name: c.name,
        label: c.label,
        min: c.min,
        max: c.max,
        voxels,
        mL: voxels * ct.voxelMl,
        meanHU: voxels > 0 ? mean : null,
        sdHU: voxels > 0 ? Math.sqrt(squares / voxels) : null,
        removed: removed?.[c.label] ?? 0,
        fraction: voxels / inside,
      };
    });
    const names = Object.fromEntries(classes.map((c) => [String(c.label), c.name]));
    return { labels: ct.with({ data: labels, unit: "unknown", meta: { labels: names } }), table };
  }
}

/** Voxels, sum of HU and sum of squared deviations from the mean, by label. */
function sumsByLabel(labels: Uint8Array, values: Float32Array) {
  const count = new Float64Array(256);
  const sum = new Float64Array(256);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (label === 0) continue;
    count[label]!++;
    sum[label]! += values[i]!;
  }
  const squares = new Float64Array(256);
  const mean = sum.map((total, label) => total / count[label]!);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (label !== 0) squares[label]! += (values[i]! - mean[label]!) ** 2;
  }
  return (label: number): [voxels: number, sum: number, squares: number] => [
    count[label]!,
    sum[label]!,
    squares[label]!,
  ];
}
