/**
 * Max pooling in 2-D and 3-D as plain loops. tfjs 4.22's wasm backend is silently wrong where a window's maximum is
 * not positive: `MaxPoolGrad`, `MaxPool3D` and `MaxPool3DGrad` compare with 0 instead of with -∞.
 */
import type { Tf } from "../backend.ts";
import { hostKernel, type KernelArguments, replaceKernel, type TensorInfo } from "./register.ts";

/** A pooling window over [N, D, H, W, C]; 2-D pooling has D = 1. */
export interface PoolWindow {
  readonly batch: number;
  readonly channels: number;
  readonly input: readonly [number, number, number];
  readonly output: readonly [number, number, number];
  readonly filter: readonly [number, number, number];
  readonly stride: readonly [number, number, number];
  readonly before: readonly [number, number, number];
}

type Visit = (out: number, winner: number) => void;

/** Replaces `MaxPoolGrad`, `MaxPool3D` and `MaxPool3DGrad` on the named backend. */
export function registerMaxPools(tf: Tf, backendName: string): void {
  replaceKernel(tf, backendName, "MaxPool3D", (args) => forward(tf, args));
  replaceKernel(tf, backendName, "MaxPoolGrad", (args) =>
    gradient(args, window2d(tf, args.inputs.input!, args.attrs)),
  );
  replaceKernel(tf, backendName, "MaxPool3DGrad", (args) =>
    gradient(args, window3d(tf, args.inputs.input!, args.attrs)),
  );
}

function forward(tf: Tf, { inputs, backend, attrs }: KernelArguments): TensorInfo {
  const window = window3d(tf, inputs.x!, attrs);
  const shape = [window.batch, ...window.output, window.channels];
  const { output, out, views } = hostKernel(backend, [inputs.x!], shape);
  const x = views[0]!;
  eachWindow(window, x, (o, winner) => {
    out[o] = x[winner]!;
  });
  return output;
}

/** The gradient goes to the first maximum of each window, as in PyTorch. */
function gradient({ inputs, backend }: KernelArguments, window: PoolWindow): TensorInfo {
  const { output, out, views } = hostKernel(backend, [inputs.input!, inputs.dy!], inputs.input!.shape);
  const [x, dy] = views as [Float32Array, Float32Array];
  out.fill(0);
  eachWindow(window, x, (o, winner) => {
    out[winner] = out[winner]! + dy[o]!;
  });
  return output;
}

/** Visits each output element with the index of its window's first maximum. */
function eachWindow(window: PoolWindow, x: Float32Array, visit: Visit): void {
  const { batch, channels, input, output, filter, stride, before } = window;
  let out = 0;
  for (let n = 0; n < batch; n++)
    for (let od = 0; od < output[0]; od++) {
      const [d0, d1] = range(od, 0);
      for (let oh = 0; oh < output[1]; oh++) {
        const [h0, h1] = range(oh, 1);
        for (let ow = 0; ow < output[2]; ow++) {
          const [w0, w1] = range(ow, 2);
          for (let c = 0; c < channels; c++) {
            let best = Number.NEGATIVE_INFINITY;
            let winner = -1;
            for (let d = d0; d < d1; d++)
              for (let h = h0; h < h1; h++) {
                let index = (((n * input[0] + d) * input[1] + h) * input[2] + w0) * channels + c;
                for (let w = w0; w < w1; w++, index += channels)
                  if (winner < 0 || x[index]! > best) {
                    best = x[index]!;
                    winner = index;
                  }
              }
            visit(out++, winner);
          }
        }
      }
    }

  function range(o: number, axis: 0 | 1 | 2): [number, number] {
    const start = o * stride[axis] - before[axis];
    return [Math.max(0, start), Math.min(input[axis], start + filter[axis])];
  }
}

type PoolAttributes = {
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: "valid" | "same" | number;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
};

export function window2d(tf: Tf, x: TensorInfo, attrs: KernelArguments["attrs"]): PoolWindow {
  const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as PoolAttributes;
  const shape = x.shape as [number, number, number, number];
  const info = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  return {
    batch: info.batchSize,
    channels: info.inChannels,
    input: [1, info.inHeight, info.inWidth],
    output: [1, info.outHeight, info.outWidth],
    filter: [1, info.filterHeight, info.filterWidth],
    stride: [1, info.strideHeight, info.strideWidth],
    before: [0, info.padInfo.top, info.padInfo.left],
  };
}

export function window3d(tf: Tf, x: TensorInfo, attrs: KernelArguments["attrs"]): PoolWindow {
  type Three = [number, number, number];
  const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as PoolAttributes;
  const shape = x.shape as [number, number, number, number, number];
  const info = tf.backend_util.computePool3DInfo(
    shape,
    filterSize as unknown as Three,
    strides as unknown as Three,
    1,
    pad,
    dimRoundingMode,
  );
  return {
    batch: info.batchSize,
    channels: info.inChannels,
    input: [info.inDepth, info.inHeight, info.inWidth],
    output: [info.outDepth, info.outHeight, info.outWidth],
    filter: [info.filterDepth, info.filterHeight, info.filterWidth],
    stride: [info.strideDepth, info.strideHeight, info.strideWidth],
    before: [info.padInfo.front, info.padInfo.top, info.padInfo.left],
  };
}
