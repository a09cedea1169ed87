/**
 * Layers in float64 as plain loops, forward and backward: what {@link shapeCases} compares with. Written to be read, not to be fast;
 * checked against the stored references of PyTorch in exact.test.ts.
 */

/** Row-major values, channels last: [N, H, W, C], [N, D, H, W, C] or [C]. */
export interface Exact {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

function zeros(shape: readonly number[]): Exact {
  return { shape, data: new Float64Array(shape.reduce((a, b) => a * b, 1)) };
}

/** One filter tap that lies within the input, by the offsets of the first channel of each. */
type Tap = (x: number, filter: number, y: number) => void;
type Pad = "same" | "valid";

/** [N, ..., in] and [..., in, out] -> [N, ..., out]. */
export function convolve(x: Exact, filter: Exact, stride: number, pad: Pad): Exact {
  const y = zeros(outputShape(x.shape, filter.shape, stride, pad));
  const [ins, outs] = filter.shape.slice(-2) as [number, number];
  eachTap(x.shape, filter.shape, y.shape, stride, pad, (xAt, wAt, yAt) => {
    for (let c = 0; c < ins; c++)
      for (let k = 0; k < outs; k++) y.data[yAt + k]! += x.data[xAt + c]! * filter.data[wAt + c * outs + k]!;
  });
  return y;
}

/** Gradients of sum(y · dy). */
export function convolveGradients(x: Exact, filter: Exact, dy: Exact, stride: number, pad: Pad) {
  const [dx, dw] = [zeros(x.shape), zeros(filter.shape)];
  const [ins, outs] = filter.shape.slice(-2) as [number, number];
  eachTap(x.shape, filter.shape, dy.shape, stride, pad, (xAt, wAt, yAt) => {
    for (let c = 0; c < ins; c++)
      for (let k = 0; k < outs; k++) {
        dx.data[xAt + c]! += dy.data[yAt + k]! * filter.data[wAt + c * outs + k]!;
        dw.data[wAt + c * outs + k]! += dy.data[yAt + k]! * x.data[xAt + c]!;
      }
  });
  return { x: dx, filter: dw };
}

/** Max pooling of 2 a side, stride 2; what is left over at the end is dropped. The gradient goes to the first maximum. */
export function pool(x: Exact, dy?: Exact): { readonly y: Exact; readonly dx: Exact } {
  const dims = x.shape.length - 2;
  const c = x.shape[dims + 1]!;
  const window = [...Array<number>(dims).fill(2), 1, 1];
  const y = zeros([...outputShape(x.shape, window, 2, "valid").slice(0, -1), c]);
  y.data.fill(Number.NEGATIVE_INFINITY);
  const winner = new Int32Array(y.data.length);
  eachTap(x.shape, window, y.shape, 2, "valid", (xAt, _, yAt) => {
    for (let k = 0; k < c; k++)
      if (x.data[xAt + k]! > y.data[yAt + k]!) {
        y.data[yAt + k] = x.data[xAt + k]!;
        winner[yAt + k] = xAt + k;
      }
  });
  const dx = zeros(x.shape);
  if (dy) for (const [i, at] of winner.entries()) dx.data[at]! += dy.data[i]!;
  return { y, dx };
}

/** Doubles each side by repetition. Its gradient is the sum over what was repeated. */
export function repeat(x: Exact): Exact {
  const dims = x.shape.length - 2;
  const c = x.shape[dims + 1]!;
  const y = zeros(x.shape.map((n, d) => (d === 0 || d > dims ? n : 2 * n)));
  eachTap(y.shape, [...Array<number>(dims).fill(2), 1, 1], x.shape, 2, "valid", (yAt, _, xAt) => {
    for (let k = 0; k < c; k++) y.data[yAt + k] = x.data[xAt + k]!;
  });
  return y;
}

/** The gradient of {@link repeat}. */
export function repeatGradient(dy: Exact): Exact {
  const dims = dy.shape.length - 2;
  const c = dy.shape[dims + 1]!;
  const dx = zeros(dy.shape.map((n, d) => (d === 0 || d > dims ? n : n / 2)));
  eachTap(dy.shape, [...Array<number>(dims).fill(2), 1, 1], dx.shape, 2, "valid", (yAt, _, xAt) => {
    for (let k = 0; k < c; k++) dx.data[xAt + k]! += dy.data[yAt + k]!;
  });
  return dx;
}

/** leaky(gamma · x̂ + beta) with x̂ normalised by mean and biased variance; and its gradients of sum(y · dy). */
export function normLeaky(
  inputs: { readonly x: Exact; readonly gamma: Exact; readonly beta: Exact },
  dy: Exact,
  over: "instance" | "batch",
  slope: number,
) {
  const { x, gamma, beta } = inputs;
  const channels = gamma.data.length;
  const all = x.data.length / channels;
  const pixels = over === "instance" ? all / x.shape[0]! : all;
  const [y, before, dx] = [zeros(x.shape), zeros(x.shape), zeros(x.shape)];
  const [dgamma, dbeta] = [zeros(gamma.shape), zeros(beta.shape)];
  for (let start = 0; start < all; start += pixels)
    for (let c = 0; c < channels; c++) {
      const at = Array.from({ length: pixels }, (_, p) => (start + p) * channels + c);
      const mean = at.reduce((sum, i) => sum + x.data[i]!, 0) / pixels;
      const variance = at.reduce((sum, i) => sum + (x.data[i]! - mean) ** 2, 0) / pixels;
      const inverse = 1 / Math.sqrt(variance + 1e-5);
      const hat = at.map((i) => (x.data[i]! - mean) * inverse);
      const d = at.map((i, p) => {
        before.data[i] = gamma.data[c]! * hat[p]! + beta.data[c]!;
        const factor = before.data[i]! > 0 ? 1 : slope;
        y.data[i] = factor * before.data[i]!;
        return factor * dy.data[i]!;
      });
      const sum = d.reduce((a, b) => a + b, 0);
      const product = d.reduce((a, b, p) => a + b * hat[p]!, 0);
      dbeta.data[c]! += sum;
      dgamma.data[c]! += product;
      for (const [p, i] of at.entries())
        dx.data[i] = gamma.data[c]! * inverse * (d[p]! - sum / pixels - (hat[p]! * product) / pixels);
    }
  return { y, before, gradients: { x: dx, gamma: dgamma, beta: dbeta } };
}

function outputShape(x: readonly number[], filter: readonly number[], stride: number, pad: Pad): number[] {
  const size = x
    .slice(1, -1)
    .map((n, d) => (pad === "same" ? Math.ceil(n / stride) : Math.floor((n - filter[d]!) / stride) + 1));
  return [x[0]!, ...size, filter.at(-1)!];
}

/** Visits every tap of every output pixel. "same" is TensorFlow's: an odd pixel of padding goes to the end. */
function eachTap(
  x: readonly number[],
  filter: readonly number[],
  y: readonly number[],
  stride: number,
  pad: Pad,
  visit: Tap,
): void {
  const dims = x.length - 2;
  // 2-D as 3-D of one slice.
  const three = (shape: readonly number[], from: number) =>
    [...Array<number>(3 - dims).fill(1), ...shape.slice(from, from + dims)] as [number, number, number];
  const [input, taps, output] = [three(x, 1), three(filter, 0), three(y, 1)];
  const before = input.map((n, d) => {
    const total = Math.max(0, (output[d]! - 1) * stride + taps[d]! - n);
    return pad === "same" ? Math.floor(total / 2) : 0;
  });
  const place = (o: number, tap: number, d: number) => o * stride + tap - before[d]!;
  const [ins, outs] = [filter.at(-2)!, filter.at(-1)!];
  const [cx, cy] = [x.at(-1)!, y.at(-1)!];
  for (let n = 0; n < x[0]!; n++)
    for (let od = 0; od < output[0]; od++)
      for (let oh = 0; oh < output[1]; oh++)
        for (let ow = 0; ow < output[2]; ow++)
          for (let fd = 0; fd < taps[0]; fd++)
            for (let fh = 0; fh < taps[1]; fh++)
              for (let fw = 0; fw < taps[2]; fw++) {
                const [d, h, w] = [place(od, fd, 0), place(oh, fh, 1), place(ow, fw, 2)];
                if (d < 0 || h < 0 || w < 0 || d >= input[0] || h >= input[1] || w >= input[2]) continue;
                visit(
                  (((n * input[0] + d) * input[1] + h) * input[2] + w) * cx,
                  ((fd * taps[1] + fh) * taps[2] + fw) * ins * outs,
                  (((n * output[0] + od) * output[1] + oh) * output[2] + ow) * cy,
                );
              }
}
