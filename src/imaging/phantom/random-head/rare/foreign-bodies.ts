import type { Triple } from "../../../volume/index.ts";
import { indexOfKind } from "../kinds.ts";
import { HIGHEST_HU, MATERIALS, type MaterialName } from "./materials.ts";

/** A place in mm from the middle of the first voxel, along R, A, S. */
export type Place = readonly [number, number, number];

const NAMES = Object.keys(MATERIALS) as MaterialName[];
const NOTHING = indexOfKind("air");

/** A head while it is made: the tissue of each voxel, and what is no tissue. */
export class ForeignBodies {
  readonly codes: Uint8Array;
  readonly shape: Triple;
  readonly spacing: Triple;
  /** 0, or one more than the index of a material. Made when the first is put in. */
  #materials: Uint8Array | undefined;

  constructor(codes: Uint8Array, shape: Triple, spacing: Triple) {
    this.codes = codes;
    this.shape = shape;
    this.spacing = spacing;
  }

  /** Whether there is any. */
  get any(): boolean {
    return this.#materials !== undefined;
  }

  /** The tissue at a place; air beyond the grid. */
  at(x: number, y: number, z: number): number {
    const v = this.#voxelAt(x, y, z);
    return v < 0 ? NOTHING : this.codes[v]!;
  }

  /** Where a voxel is. */
  placeOf(v: number): Place {
    const [nx, ny] = this.shape;
    const [sx, sy, sz] = this.spacing;
    return [sx * (v % nx), sy * (Math.floor(v / nx) % ny), sz * Math.floor(v / (nx * ny))];
  }

  /** Makes a voxel of a material. */
  put(v: number, name: MaterialName): void {
    this.#materials ??= new Uint8Array(this.codes.length);
    this.#materials[v] = NAMES.indexOf(name) + 1;
    this.codes[v] = indexOfKind(MATERIALS[name].as);
  }

  /** Visits the voxels whose middles are no more than `radius` mm from the line between two places, and the voxels that the line itself goes through; `share` is 0 at `from`, 1 at `to`. */
  alongLine(from: Place, to: Place, radius: number, visit: (v: number, share: number) => void): void {
    const [nx, ny] = this.shape;
    const [sx, sy, sz] = this.spacing;
    const [dx, dy, dz] = [to[0] - from[0], to[1] - from[1], to[2] - from[2]];
    const squared = Math.max(1e-9, dx * dx + dy * dy + dz * dz);
    const within = Math.max(radius, 0.6 * Math.max(sx, sy, sz)) ** 2;
    const range = (axis: 0 | 1 | 2) => {
      const reach = Math.sqrt(within);
      const low = Math.floor((Math.min(from[axis], to[axis]) - reach) / this.spacing[axis]);
      const high = Math.ceil((Math.max(from[axis], to[axis]) + reach) / this.spacing[axis]);
      return [Math.max(0, low), Math.min(this.shape[axis] - 1, high)] as const;
    };
    const [[i0, i1], [j0, j1], [k0, k1]] = [range(0), range(1), range(2)];
    for (let k = k0; k <= k1; k++)
      for (let j = j0; j <= j1; j++)
        for (let i = i0; i <= i1; i++) {
          const [x, y, z] = [sx * i - from[0], sy * j - from[1], sz * k - from[2]];
          const share = Math.min(1, Math.max(0, (x * dx + y * dy + z * dz) / squared));
          const off = (x - share * dx) ** 2 + (y - share * dy) ** 2 + (z - share * dz) ** 2;
          if (off <= within) visit(i + nx * (j + ny * k), share);
        }
  }

  /** Forgets bodies where the head was taken away after they were put in. */
  clear(): void {
    const materials = this.#materials;
    if (!materials) return;
    for (let v = 0; v < materials.length; v++) if (this.codes[v] === NOTHING) materials[v] = 0;
  }

  /** Visits all that is foreign. */
  each(visit: (v: number, material: (typeof MATERIALS)[MaterialName]) => void): void {
    const materials = this.#materials;
    if (!materials) return;
    for (let v = 0; v < materials.length; v++)
      if (materials[v]) visit(v, MATERIALS[NAMES[materials[v]! - 1]!]);
  }

  /** As the scanner's 12 bits have it, once the CT is made. */
  clip(hu: Float32Array): void {
    if (!this.any) return;
    for (let v = 0; v < hu.length; v++) hu[v] = Math.min(HIGHEST_HU, hu[v]!);
  }

  #voxelAt(x: number, y: number, z: number): number {
    const [nx, ny, nz] = this.shape;
    const [i, j, k] = [
      Math.round(x / this.spacing[0]),
      Math.round(y / this.spacing[1]),
      Math.round(z / this.spacing[2]),
    ];
    return i < 0 || j < 0 || k < 0 || i >= nx || j >= ny || k >= nz ? -1 : i + nx * (j + ny * k);
  }
}
