/** Whether a card's matrix units compute right: what a new feature of browsers and drivers promises is tried before it is trusted. */
import type { Tensor, Tensor3D, Tensor4D } from "@tensorflow/tfjs-core";
import type { Tf } from "../backend.ts";
import { PIECE, SUBGROUP } from "./kernels/matrix-product.ts";
import type { GpuBackend } from "./of-backend.ts";

/** What Chromium and Dawn say of an adapter's matrix units: not in WebGPU's types yet. */
interface AdapterInfo {
  readonly subgroupMinSize?: number;
  readonly subgroupMaxSize?: number;
  readonly subgroupMatrixConfigs?: Iterable<{
    readonly componentType: string;
    readonly resultComponentType: string;
    readonly M: number;
    readonly N: number;
    readonly K: number;
  }>;
}

/** What was found, by device. */
const found = new WeakMap<GPUDevice, { readonly why: string | undefined }>();

/** Makes the backend compute on matrix units. Or says why not, and it computes f16 on plain cores. */
export async function whyNoMatrixUnits(tf: Tf, backend: GpuBackend): Promise<string | undefined> {
  let known = found.get(backend.device);
  if (!known) {
    known = { why: lack(backend) ?? (await whyWrong(tf, backend)) };
    found.set(backend.device, known);
  }
  return known.why;
}

function lack({ device }: GpuBackend): string | undefined {
  if (!device.features.has("chromium-experimental-subgroup-matrix"))
    return "the adapter offers no subgroup matrices";
  const { subgroupMinSize, subgroupMaxSize, subgroupMatrixConfigs = [] } = device.adapterInfo as AdapterInfo;
  const configs = [...subgroupMatrixConfigs];
  const fits = configs.some(
    ({ componentType, resultComponentType, M, N, K }) =>
      componentType === "f16" && resultComponentType === "f32" && [M, N, K].every((n) => n === PIECE),
  );
  if (!fits) return `its matrix units don't multiply f16 into f32 by ${PIECE} × ${PIECE} × ${PIECE}`;
  if (subgroupMinSize !== SUBGROUP || subgroupMaxSize !== SUBGROUP)
    return `its subgroups have ${subgroupMinSize} to ${subgroupMaxSize} threads, not ${SUBGROUP}`;
  return undefined;
}

async function whyWrong(tf: Tf, backend: GpuBackend): Promise<string | undefined> {
  const { device } = backend;
  device.pushErrorScope("validation");
  backend.products = "f16-matrix";
  const wrong = await productsError(tf);
  const invalid = await device.popErrorScope();
  const why = invalid
    ? `its shaders don't compile: ${invalid.message.split("\n")[0]}`
    : wrong > MOST_WRONG || Number.isNaN(wrong)
      ? `its matrix units compute a small product wrong, by ${wrong.toPrecision(2)} of its size`
      : undefined;
  if (why !== undefined) backend.products = "f16";
  return why;
}

/** Of the largest value: sums of a few hundred products in float32 differ by some 1e-6. */
const MOST_WRONG = 1e-4;

/**
 * A convolution and its gradients on the active backend against plain loops: the largest difference, as a share of the largest value. Its numbers are exact in f16, and its sizes no multiples of any tile.
 */
export async function productsError(tf: Tf): Promise<number> {
  const [height, width, ins, outs] = [9, 7, 20, 36];
  const values = (n: number, seed: number) =>
    Float32Array.from({ length: n }, (_, i) => (((i * 7919 + seed * 104_729) % 257) - 128) / 128);
  const [x, filter, dy] = [
    values(height * width * ins, 1),
    values(9 * ins * outs, 2),
    values(height * width * outs, 3),
  ];
  const right = {
    y: new Float64Array(dy.length),
    dx: new Float64Array(x.length),
    dw: new Float64Array(filter.length),
  };
  for (let p = 0; p < height * width; p++)
    for (let tap = 0; tap < 9; tap++) {
      const row = Math.floor(p / width) + Math.floor(tap / 3) - 1;
      const column = (p % width) + (tap % 3) - 1;
      if (row < 0 || row >= height || column < 0 || column >= width) continue;
      for (let i = 0; i < ins; i++)
        for (let o = 0; o < outs; o++) {
          const [at, w, to] = [(row * width + column) * ins + i, (tap * ins + i) * outs + o, p * outs + o];
          right.y[to]! += x[at]! * filter[w]!;
          right.dx[at]! += dy[to]! * filter[w]!;
          right.dw[w]! += dy[to]! * x[at]!;
        }
    }
  const made = tf.tidy(() => {
    const conv = (...[image, weights]: Tensor[]) =>
      tf.conv2d(image as Tensor3D, weights as Tensor4D, 1, "same");
    const { value, grads } = tf.valueAndGrads(conv)(
      [tf.tensor(x, [height, width, ins]), tf.tensor(filter, [3, 3, ins, outs])],
      tf.tensor(dy, [height, width, outs]),
    );
    return [value, ...grads];
  });
  let most = 0;
  for (const [n, expected] of [right.y, right.dx, right.dw].entries()) {
    const got = await made[n]!.data();
    const size = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    const off = expected.reduce((a, b, i) => Math.max(a, Math.abs(b - got[i]!)), 0);
    most = Math.max(most, off / size);
    made[n]!.dispose();
  }
  return most;
}
