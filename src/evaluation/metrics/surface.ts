import { mapInto } from "../../base/bytes/index.ts";
import { boundingBox, mapTriple, squaredDistances, type Triple } from "../../imaging/volume/index.ts";

/** Where two volumes hold a label, cut out with one voxel more on each side, so that what ends with the volume has a surface. */
export interface LabelBox {
  /** 1 where the label is; of `shape`, x fastest. */
  readonly a: Uint8Array;
  readonly b: Uint8Array;
  readonly shape: Triple;
  readonly inA: number;
  readonly inB: number;
  readonly both: number;
}

/** Cuts the smallest box that holds all voxels of `label` in either array. */
export function boxOfLabel(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  label: number,
  [nx, ny, nz]: Triple,
): LabelBox {
  const either = mapInto(new Uint8Array(nx * ny * nz), a, (one, n) =>
    one === label || b[n] === label ? 1 : 0,
  );
  const box = boundingBox(either, [nx, ny, nz]) ?? { low: [0, 0, 0] as const, shape: [0, 0, 0] as const };
  const { low } = box;
  const shape = mapTriple(box.shape, (n) => n + 2);
  const size = shape[0] * shape[1] * shape[2];
  const cut = { a: new Uint8Array(size), b: new Uint8Array(size) };
  let [inA, inB, both] = [0, 0, 0];
  for (let k = low[2]; k < low[2] + box.shape[2]; k++)
    for (let j = low[1]; j < low[1] + box.shape[1]; j++) {
      let to = 1 + shape[0] * (j - low[1] + 1 + shape[1] * (k - low[2] + 1));
      for (let i = low[0] + nx * (j + ny * k), end = i + shape[0] - 2; i < end; i++, to++) {
        const [of, also] = [a[i] === label, b[i] === label];
        if (of) {
          cut.a[to] = 1;
          inA++;
        }
        if (also) {
          cut.b[to] = 1;
          inB++;
        }
        if (of && also) both++;
      }
    }
  return { ...cut, shape, inA, inB, both };
}

/** Distances in mm from each surface voxel of one to the nearest surface voxel of the other. */
export function surfaceDistances(
  { a, b, shape }: LabelBox,
  spacing: Triple,
): { readonly toB: Float64Array; readonly toA: Float64Array } {
  const surfaceA = surfaceOf(a, shape);
  const surfaceB = surfaceOf(b, shape);
  return {
    toB: distancesAt(surfaceA, squaredDistances(surfaceB, shape, spacing)),
    toA: distancesAt(surfaceB, squaredDistances(surfaceA, shape, spacing)),
  };
}

function distancesAt(at: Uint8Array, squared: Float64Array): Float64Array {
  const out = new Float64Array(at.length);
  let n = 0;
  for (let i = 0; i < at.length; i++) if (at[i]) out[n++] = Math.sqrt(squared[i]!);
  return out.slice(0, n);
}

/** Voxels with a face to something else. Nothing lies in the box's outermost voxels. */
function surfaceOf(mask: Uint8Array, [nx, ny]: Triple): Uint8Array {
  const out = new Uint8Array(mask.length);
  const plane = nx * ny;
  for (let i = 0; i < mask.length; i++)
    if (
      mask[i] &&
      !(mask[i - 1] && mask[i + 1] && mask[i - nx] && mask[i + nx] && mask[i - plane] && mask[i + plane])
    )
      out[i] = 1;
  return out;
}
