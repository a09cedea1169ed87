import { product } from "../../base/bytes/index.ts";
import type { Triple } from "../volume/index.ts";

/** Highest power in {@link multiplyByPolynomial}. */
export const BIAS_ORDER = 3;

/** Number of coefficients of a polynomial in x, y and z of an order. */
export function biasTerms(order: number): number {
  return ((order + 1) * (order + 2) * (order + 3)) / 6;
}

/**
 * Multiplies an image by e to a polynomial in its voxels' places, in place: smooth shading (Van Leemput et al. 1999), as TorchIO's BiasField. Places go from -1 to 1
 * along each axis.
 *
 * @param image x-fastest
 * @param order up to {@link BIAS_ORDER}
 * @param coefficients {@link biasTerms} of them, of x^a y^b z^c: c fastest, then b, all with a + b + c up to the order
 */
export function multiplyByPolynomial(
  image: Float32Array,
  shape: Triple,
  order: number,
  coefficients: ArrayLike<number>,
): void {
  const [nx, ny, nz] = shape;
  const inX = new Float64Array(order + 1); // the polynomial in x of one row
  const start = new Float64Array(BIAS_ORDER + 1);
  const place = (i: number, n: number) => (n > 1 ? (i - (n - 1) / 2) / ((n - 1) / 2) : 0);
  let v = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) {
      const [y, z] = [place(j, ny), place(k, nz)];
      let n = 0;
      for (let a = 0; a <= order; a++) {
        inX[a] = 0;
        for (let b = 0; b <= order - a; b++)
          for (let c = 0; c <= order - a - b; c++) inX[a]! += coefficients[n++]! * y ** b * z ** c;
      }
      for (let i = 0; i <= BIAS_ORDER; i++) start[i] = horner(inX, place(i, nx));
      // A cubic has constant third differences: e to it goes on by three products a voxel.
      for (let d = 1; d <= BIAS_ORDER; d++) for (let i = BIAS_ORDER; i >= d; i--) start[i]! -= start[i - 1]!;
      let [f, first, second] = [Math.exp(start[0]!), Math.exp(start[1]!), Math.exp(start[2]!)];
      const third = Math.exp(start[3]!);
      for (let i = 0; i < nx; i++, v++) {
        image[v]! *= f;
        f *= first;
        first *= second;
        second *= third;
      }
    }
}

function horner(coefficients: Float64Array, x: number): number {
  let sum = 0;
  for (let a = coefficients.length - 1; a >= 0; a--) sum = sum * x + coefficients[a]!;
  return sum;
}

/** Where a surface coil lies. */
export interface SurfaceCoil {
  /** mm from the image's middle. */
  readonly centre: Triple;
  /** mm */
  readonly radius: number;
}

/**
 * Multiplies an image by how well a surface coil hears its voxels, in place: (1 + (d / radius)²)^-1.5 at a distance of d mm, as on the axis of a loop;
 * 1 on average, so that the image keeps its brightness.
 *
 * @param image x-fastest
 */
export function multiplyByCoil(
  image: Float32Array,
  shape: Triple,
  spacing: Triple,
  { centre, radius }: SurfaceCoil,
): void {
  const [nx, ny, nz] = shape;
  const away = (d: 0 | 1 | 2, i: number) =>
    (((i - (shape[d] - 1) / 2) * spacing[d] - centre[d]) / radius) ** 2;
  const alongX = Float64Array.from({ length: nx }, (_, i) => away(0, i));
  const heard = new Float32Array(image.length);
  let sum = 0;
  let v = 0;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) {
      const rest = 1 + away(1, j) + away(2, k);
      for (let i = 0; i < nx; i++, v++) {
        const q = rest + alongX[i]!;
        const h = 1 / (q * Math.sqrt(q));
        heard[v] = h;
        sum += h;
      }
    }
  const scale = product(shape) / sum;
  for (v = 0; v < image.length; v++) image[v]! *= scale * heard[v]!;
}
