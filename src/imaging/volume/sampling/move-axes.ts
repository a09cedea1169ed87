import { mapTriple, type Triple } from "../affine.ts";
import type { VolumeData } from "../volume.ts";
import { type Bits, bitsOf, emptyLike } from "./bits.ts";

/** Side of the square blocks in which axes change places: two of them fit the nearest cache. */
const BLOCK = 32;

/**
 * Permutes and flips the axes of an array; values are moved as they are stored.
 *
 * @param from for each new axis the old one
 * @param flip for each new axis whether it runs the other way
 */
export function moveAxes(
  data: VolumeData,
  shape: Triple,
  from: Triple,
  flip: readonly [boolean, boolean, boolean],
): VolumeData {
  const out = emptyLike(data, data.length);
  const strides = [1, shape[0], shape[0] * shape[1]];
  const size = mapTriple(from, (old) => shape[old]!);
  const step = mapTriple(from, (old, d) => (flip[d] ? -strides[old]! : strides[old]!));
  let start = 0;
  for (let d = 0; d < 3; d++) if (flip[d]) start += (size[d]! - 1) * strides[from[d]!]!;
  if (from[0] === 0) moveRows(data, out, size, step, start);
  else swapBlocks(bitsOf(data), bitsOf(out), size, step, start, from[1] === 0 ? 1 : 2);
  return out;
}

/** Rows stay rows: copied whole, and turned round where x is flipped. */
function moveRows(
  data: VolumeData,
  out: VolumeData,
  [nx, ny, nz]: Triple,
  step: Triple,
  start: number,
): void {
  const backwards = step[0] < 0;
  const planeBackwards = backwards && step[1] === -nx; // then a plane is its own memory in reverse
  for (let k = 0; k < nz; k++) {
    const plane = nx * ny * k;
    if (step[1] === nx && !backwards) {
      const at = start + k * step[2];
      out.set(data.subarray(at, at + nx * ny), plane);
    } else if (planeBackwards) {
      const end = start + k * step[2] + 1;
      out.set(data.subarray(end - nx * ny, end), plane);
      out.subarray(plane, plane + nx * ny).reverse();
    } else
      for (let j = 0; j < ny; j++) {
        const first = start + k * step[2] + j * step[1] - (backwards ? nx - 1 : 0);
        const row = plane + nx * j;
        out.set(data.subarray(first, first + nx), row);
        if (backwards) out.subarray(row, row + nx).reverse();
      }
  }
}

/** The new x is not the old one. In blocks of the plane of both, so that reads and writes stay within a few rows. */
function swapBlocks(data: Bits, out: Bits, size: Triple, step: Triple, start: number, old: 1 | 2): void {
  const third = old === 1 ? 2 : 1;
  const [nx, ny] = size;
  const strides = [1, nx, nx * ny];
  const n = size[old]!;
  for (let w = 0; w < size[third]!; w++)
    for (let v0 = 0; v0 < n; v0 += BLOCK)
      for (let u0 = 0; u0 < nx; u0 += BLOCK)
        copyBlock(
          data,
          out,
          start + w * step[third]! + v0 * step[old]! + u0 * step[0],
          w * strides[third]! + v0 * strides[old]! + u0,
          Math.min(BLOCK, n - v0),
          Math.min(BLOCK, nx - u0),
          step[old]!,
          step[0],
          strides[old]!,
        );
}

function copyBlock(
  data: Bits,
  out: Bits,
  read: number,
  write: number,
  rows: number,
  width: number,
  readRow: number,
  readStep: number,
  writeRow: number,
): void {
  for (let v = 0; v < rows; v++) {
    let p = read + v * readRow;
    const q = write + v * writeRow;
    for (let u = 0; u < width; u++, p += readStep) out[q + u] = data[p]!;
  }
}
