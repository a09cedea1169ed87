import { assert } from "../../base/errors/index.ts";
import { type Affine, assertAffine, determinant, spacingOf, type Triple } from "./affine.ts";
import type { ImageOrigin } from "./origin.ts";

/** The typed arrays that a Volume can hold. 64-bit integers are not among them: formats convert or refuse. */
export type VolumeData =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

/** `HU` for CT and synthetic CT, `arbitrary` for MR, `unknown` when the file does not say. */
export type Unit = "HU" | "arbitrary" | "unknown";

/** A stored number v means slope · v + intercept, in the volume's unit. */
export interface Scaling {
  readonly slope: number;
  readonly intercept: number;
}

/** What a {@link Volume} is made of. Only `shape` and `data` are required. */
export interface VolumeInit {
  /** Voxels along i, j, k (x, y, z of the voxel grid). */
  readonly shape: Triple;
  /** `shape[0] * shape[1] * shape[2]` numbers, x fastest: `data[i + nx * (j + ny * k)]`. Not copied. */
  readonly data: VolumeData;
  /** Voxel to RAS+ millimetres. Default: 1 mm isotropic, axis-aligned, origin 0. */
  readonly affine?: Affine;
  /** Default: slope 1, intercept 0. */
  readonly scaling?: Scaling;
  /** Default: `unknown`. */
  readonly unit?: Unit;
  /** True when the image was simulated, not measured. Carried through every step. Default: false. */
  readonly simulated?: boolean;
  /** Of an image that a model made: the images that the model was trained on. Default: undefined, no model made it. */
  readonly trainedOn?: ImageOrigin;
  /** Anything else worth keeping: name, source format, description. JSON-like. */
  readonly meta?: Readonly<Record<string, unknown>>;
}

const BRAND = Symbol.for("@midash/core/Volume");
const IDENTITY: Affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

/**
 * A 3-D image: a grid of numbers, where it lies in space, and what the numbers mean. Immutable by convention:
 * every operation gives a new Volume.
 */
export class Volume {
  readonly shape: Triple;
  readonly affine: Affine;
  readonly data: VolumeData;
  readonly scaling: Scaling;
  readonly unit: Unit;
  readonly simulated: boolean;
  readonly trainedOn: ImageOrigin | undefined;
  readonly meta: Readonly<Record<string, unknown>>;

  /** @throws MidashError `invalid-argument` when the parts do not fit together. */
  constructor(init: VolumeInit) {
    const where = { call: "Volume" };
    const { shape, data, affine = IDENTITY, scaling = { slope: 1, intercept: 0 } } = init;
    const { unit = "unknown", simulated = false, meta = {} } = init;
    const size = shape[0] * shape[1] * shape[2];
    assert(
      shape.length === 3 && shape.every((n) => Number.isInteger(n) && n > 0),
      `shape must be three positive integers, got [${shape.join(", ")}]`,
      { where },
    );
    assert(
      data.length === size,
      `shape [${shape.join(", ")}] needs ${size} values, data has ${data.length}`,
      { where },
    );
    assertAffine(affine, where);
    assert(
      Number.isFinite(scaling.slope) && scaling.slope !== 0 && Number.isFinite(scaling.intercept),
      "scaling needs a finite, non-zero slope and a finite intercept",
      { where },
    );
    this.shape = shape;
    this.data = data;
    this.affine = affine;
    this.scaling = scaling;
    this.unit = unit;
    this.simulated = simulated;
    this.trainedOn = init.trainedOn;
    this.meta = meta;
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** Also true for volumes of another copy of this library. */
  static is(value: unknown): value is Volume {
    return typeof value === "object" && value !== null && BRAND in value;
  }

  /** Voxel size in mm along i, j, k. */
  get spacing(): Triple {
    return spacingOf(this.affine);
  }

  /** Number of voxels. */
  get size(): number {
    return this.data.length;
  }

  /** Volume of one voxel in millilitres. */
  get voxelMl(): number {
    return Math.abs(determinant(this.affine)) / 1000;
  }

  /** The scaled values in the volume's unit. The stored array itself when it already is that, so don't write to it. */
  values(): Float32Array {
    const { slope, intercept } = this.scaling;
    if (slope === 1 && intercept === 0)
      return this.data instanceof Float32Array ? this.data : new Float32Array(this.data); // native, several times as fast as a loop
    const out = new Float32Array(this.data.length);
    for (let i = 0; i < out.length; i++) out[i] = slope * this.data[i]! + intercept;
    return out;
  }

  /** The scaled value of voxel (i, j, k). */
  at(i: number, j: number, k: number): number {
    const [nx, ny, nz] = this.shape;
    assert(
      i >= 0 && i < nx && j >= 0 && j < ny && k >= 0 && k < nz,
      `voxel (${i}, ${j}, ${k}) is outside [${this.shape.join(", ")}]`,
      { where: { call: "Volume.at" } },
    );
    return this.scaling.slope * this.data[i + nx * (j + ny * k)]! + this.scaling.intercept;
  }

  /** This volume with some parts replaced; new `data` without new `scaling` gets slope 1, intercept 0. */
  with(changes: Partial<VolumeInit>): Volume {
    return new Volume({ ...this, ...(changes.data && { scaling: undefined }), ...changes });
  }
}
