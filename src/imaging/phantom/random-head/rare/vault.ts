import { HEAD_CLASSES, HEAD_KINDS, indexOfKind } from "../kinds.ts";
import type { ForeignBodies, Place } from "./foreign-bodies.ts";

const NOTHING = indexOfKind("air");
const classOf = (code: number) => HEAD_CLASSES[HEAD_KINDS[code]?.class ?? -1]; // soft tissue by depth is of none
const MATTER = new Set(HEAD_KINDS.flatMap((_, n) => (["grey", "white"].includes(classOf(n)!) ? [n] : [])));
const BRAIN = new Set([
  ...MATTER,
  ...HEAD_KINDS.flatMap((_, n) => (classOf(n) === "csf" ? [n] : [])),
  indexOfKind("venousBlood"),
]);
const BONE = new Set([indexOfKind("corticalBone"), indexOfKind("diploe")]);

export const isBone = (code: number): boolean => BONE.has(code);
export const isBrain = (code: number): boolean => BRAIN.has(code);

/** mm from the brain's middle at which a patch is as wide as its coordinates say. */
const RADIUS = 75;
/** mm between rays, and between steps along them. */
const STEP = 1;
const ALONG = 0.5;
const LONGEST = 140;

/** Where a voxel lies in a patch: mm across it, mm from the brain's middle, and the surfaces under it. */
export interface Spot {
  readonly u: number;
  readonly v: number;
  readonly r: number;
  readonly inner: number;
  readonly outer: number;
}

/** A part of the vault, seen from the middle of the brain: how far away bone begins and ends in each direction. */
export class VaultPatch {
  readonly #head: ForeignBodies;
  readonly #middle: Place;
  readonly #axes: readonly [Place, Place, Place];
  readonly #half: number;
  readonly #surfaces: Float32Array;

  /** A patch of `half` mm to each side about the ray in `direction`. */
  constructor(head: ForeignBodies, middle: Place, direction: Place, half: number) {
    const ahead = unit(direction);
    const across = unit(cross(ahead, Math.abs(ahead[2]) < 0.9 ? [0, 0, 1] : [0, 1, 0]));
    this.#head = head;
    this.#middle = middle;
    this.#axes = [across, cross(ahead, across), ahead];
    this.#half = Math.ceil(half / STEP);
    const n = 2 * this.#half + 1;
    this.#surfaces = new Float32Array(2 * n * n);
    for (let b = 0; b < n; b++)
      for (let a = 0; a < n; a++)
        this.#surfaces.set(this.#trace(STEP * (a - this.#half), STEP * (b - this.#half)), 2 * (a + n * b));
  }

  /** A place so far along the ray through (u, v). */
  place(u: number, v: number, r: number): Place {
    const [across, up, ahead] = this.#axes;
    const direction = unit(
      ahead.map((d, n) => d + (u * across[n]! + v * up[n]!) / RADIUS) as unknown as Place,
    );
    return this.#middle.map((m, n) => m + r * direction[n]!) as unknown as Place;
  }

  /** Distances of bone's inner and outer surface; undefined where there is no vault. */
  surfaces(u: number, v: number): { readonly inner: number; readonly outer: number } | undefined {
    const n = 2 * this.#half + 1;
    const [a, b] = [Math.round(u / STEP) + this.#half, Math.round(v / STEP) + this.#half];
    if (a < 0 || b < 0 || a >= n || b >= n) return undefined;
    const at = 2 * (a + n * b);
    const inner = this.#surfaces[at]!;
    return inner > 0 ? { inner, outer: this.#surfaces[at + 1]! } : undefined;
  }

  /** Visits all voxels in front of the vault, in it, and up to `deep` mm behind it. */
  each(deep: number, visit: (voxel: number, spot: Spot) => void): void {
    const { shape, spacing } = this.#head;
    const [nx, ny, nz] = shape;
    const [across, up, ahead] = this.#axes;
    const [mx, my, mz] = this.#middle;
    const widest = STEP * this.#half;
    let voxel = -1;
    for (let k = 0; k < nz; k++)
      for (let j = 0; j < ny; j++)
        for (let i = 0; i < nx; i++) {
          voxel++;
          const [x, y, z] = [i * spacing[0] - mx, j * spacing[1] - my, k * spacing[2] - mz];
          const w = x * ahead[0] + y * ahead[1] + z * ahead[2];
          if (w < 20) continue;
          const u = (RADIUS * (x * across[0] + y * across[1] + z * across[2])) / w;
          if (Math.abs(u) > widest) continue;
          const v = (RADIUS * (x * up[0] + y * up[1] + z * up[2])) / w;
          const found = this.surfaces(u, v);
          if (!found) continue;
          const r = Math.sqrt(x * x + y * y + z * z);
          if (r > found.inner - deep) visit(voxel, { u, v, r, ...found });
        }
  }

  /** Where the first bone behind the last of the brain begins and ends on a ray: both 0 where there is none. */
  #trace(u: number, v: number): [number, number] {
    const [mx, my, mz] = this.#middle;
    const [x, y, z] = this.place(u, v, 1);
    const [dx, dy, dz] = [x - mx, y - my, z - mz];
    let [brain, inner, outer] = [0, 0, 0];
    for (let r = 20; r < LONGEST; r += ALONG) {
      const code = this.#head.at(mx + r * dx, my + r * dy, mz + r * dz);
      if (BRAIN.has(code)) [brain, inner, outer] = [r, 0, 0];
      else if (BONE.has(code) && (outer === 0 || r - outer < 3)) {
        if (inner === 0) inner = r - ALONG / 2;
        outer = r;
      }
      if (code === NOTHING && outer > 0 && r - outer > 3) break;
    }
    const found = brain > 0 && inner > 0 && inner - brain < 10 && outer - inner < 25;
    return found ? [inner, outer + ALONG / 2] : [0, 0];
  }
}

/** The middle of grey and white matter; undefined without a brain. */
export function middleOfBrain({ codes, shape, spacing }: ForeignBodies): Place | undefined {
  let [n, x, y, z] = [0, 0, 0, 0];
  const [nx, ny, nz] = shape;
  for (let k = 0; k < nz; k += 2)
    for (let j = 0; j < ny; j += 2)
      for (let i = 0; i < nx; i += 2)
        if (MATTER.has(codes[i + nx * (j + ny * k)]!)) {
          n++;
          x += i;
          y += j;
          z += k;
        }
  return n > 0 ? [(spacing[0] * x) / n, (spacing[1] * y) / n, (spacing[2] * z) / n] : undefined;
}

function unit([x, y, z]: Place): Place {
  const length = Math.hypot(x, y, z);
  return [x / length, y / length, z / length];
}

function cross(a: Place, b: Place): Place {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}
