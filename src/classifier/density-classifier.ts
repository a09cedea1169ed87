import { assert, breathe, throwIfAborted } from "../errors/index.ts";
import { assertDensityClasses, DENSITY_CLASSES, type DensityClass } from "../hounsfield/index.ts";
import { assertSameGrid, maskBytes, type Volume } from "../volume/index.ts";

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
  /** Share of the voxels inside the mask (or of all), 0 to 1. */
  readonly fraction: number;
}

/** What {@link DensityClassifier.classify} gives. */
export interface Classification {
  /** Uint8 on the grid of the CT: 0 outside the mask (and where HU is NaN or in no class), else the class's label. */
  readonly labels: Volume;
  readonly table: readonly ClassSummary[];
}

/** Options of `Classifier.density`. */
export interface DensityOptions {
  /** From low to high HU, half-open [min, max), without gap or overlap. Default {@link DENSITY_CLASSES}. */
  readonly classes?: readonly DensityClass[];
}

/** Sorts voxels of a CT or synthetic CT into classes of HU. */
export class DensityClassifier {
  readonly classes: readonly DensityClass[];

  /** @throws MidashError `invalid-argument` when classes overlap, leave a gap or share a name or label */
  constructor(options: DensityOptions = {}) {
    const { classes = DENSITY_CLASSES } = options;
    assertDensityClasses(classes, "Classifier.density");
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
    const where = "Classifier.density";
    const { mask, signal } = options;
    assert(ct.unit === "HU", `needs a CT in HU, this volume's unit is "${ct.unit}"`, where);
    if (mask) assertSameGrid(ct, mask, ["ct", "mask"], where);
    throwIfAborted(signal);
    const body = mask && maskBytes(mask);
    const values = ct.values();
    const { classes } = this;
    const labels = new Uint8Array(values.length);
    const count = new Float64Array(classes.length);
    const sum = new Float64Array(classes.length);
    const plane = ct.shape[0] * ct.shape[1];
    let inside = 0;
    for (let k = 0; k < ct.shape[2]; k++) {
      if (k % 32 === 31) await breathe(signal);
      for (let i = k * plane; i < (k + 1) * plane; i++) {
        if (body && !body[i]) continue;
        inside++;
        const v = values[i]!;
        for (let c = 0; c < classes.length; c++) {
          if (v >= classes[c]!.min && v < classes[c]!.max) {
            labels[i] = classes[c]!.label;
            count[c]!++;
            sum[c]! += v;
            break;
          }
        }
      }
    }
    assert(inside > 0, "the mask is empty, so there is nothing to classify", where);
    const table = classes.map((c, n) => ({
      name: c.name,
      label: c.label,
      min: c.min,
      max: c.max,
      voxels: count[n]!,
      mL: count[n]! * ct.voxelMl,
      meanHU: count[n]! > 0 ? sum[n]! / count[n]! : null,
      fraction: count[n]! / inside,
    }));
    const names = Object.fromEntries(classes.map((c) => [String(c.label), c.name]));
    return { labels: ct.with({ data: labels, unit: "unknown", meta: { labels: names } }), table };
  }
}
