/**
 * The gradients of a 3-D convolution (NDHWC, DHWIO) as plain loops. tfjs 4.22's wasm backend reads past its arrays in
 * `Conv3DBackpropInputV2`, and both of its gradients are wrong for strides above 1.
 */
import type { Tf } from "../backend.ts";
import { hostKernel, type KernelArguments, replaceKernel, type TensorInfo } from "./register.ts";

type Shape5 = [number, number, number, number, number];
type Info = ReturnType<Tf["backend_util"]["computeConv3DInfo"]>;

/** Offsets of the first of a row's channels in dX, dW and dY. */
type Visit = (x: number, w: number, y: number) => void;

/** Replaces `Conv3DBackpropInputV2` and `Conv3DBackpropFilterV2` on the named backend. */
export function registerConv3dGradients(tf: Tf, backendName: string): void {
  replaceKernel(tf, backendName, "Conv3DBackpropInputV2", (args) => inputGradient(tf, args));
  replaceKernel(tf, backendName, "Conv3DBackpropFilterV2", (args) => filterGradient(tf, args));
}

/** dX[c] = Σ over k of dY[k] · W[c, k]. */
function inputGradient(tf: Tf, { inputs, backend, attrs }: KernelArguments): TensorInfo {
  const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo };
  const info = infoOf(tf, attrs.inputShape as Shape5, filter.shape as Shape5, attrs);
  const { output, out, views } = hostKernel(backend, [dy, filter], info.inShape);
  const [dys, ws] = views as [Float32Array, Float32Array];
  const { inChannels: ins, outChannels: outs } = info;
  out.fill(0);
  eachTap(info, (x, w, y) => {
    for (let c = 0; c < ins; c++) {
      const row = w + c * outs;
      let sum = 0;
      for (let k = 0; k < outs; k++) sum += dys[y + k]! * ws[row + k]!;
      out[x + c] = out[x + c]! + sum;
    }
  });
  return output;
}

/** dW[c, k] = Σ over pixels of X[c] · dY[k]; sums in float64, as they are as long as there are pixels. */
function filterGradient(tf: Tf, { inputs, backend, attrs }: KernelArguments): TensorInfo {
  const { x: input, dy } = inputs as { x: TensorInfo; dy: TensorInfo };
  const info = infoOf(tf, input.shape as Shape5, attrs.filterShape as Shape5, attrs);
  const { output, out, views } = hostKernel(backend, [input, dy], info.filterShape);
  const [xs, dys] = views as [Float32Array, Float32Array];
  const { inChannels: ins, outChannels: outs } = info;
  const sums = new Float64Array(out.length);
  eachTap(info, (x, w, y) => {
    for (let c = 0; c < ins; c++) {
      const row = w + c * outs;
      const v = xs[x + c]!;
      for (let k = 0; k < outs; k++) sums[row + k] = sums[row + k]! + v * dys[y + k]!;
    }
  });
  out.set(sums);
  return output;
}

/** Visits each pair of an output pixel and a tap of the filter that lies within the input. */
function eachTap(info: Info, visit: Visit): void {
  const { inDepth, inHeight, inWidth, outDepth, outHeight, outWidth, inChannels, outChannels } = info;
  const { filterDepth, filterHeight, filterWidth, padInfo } = info;
  const { strideDepth, strideHeight, strideWidth } = info;
  let y = 0;
  for (let n = 0; n < info.batchSize; n++)
    for (let od = 0; od < outDepth; od++)
      for (let oh = 0; oh < outHeight; oh++)
        for (let ow = 0; ow < outWidth; ow++, y += outChannels)
          for (let fd = 0; fd < filterDepth; fd++) {
            const d = od * strideDepth + fd - padInfo.front;
            if (d < 0 || d >= inDepth) continue;
            for (let fh = 0; fh < filterHeight; fh++) {
              const h = oh * strideHeight + fh - padInfo.top;
              if (h < 0 || h >= inHeight) continue;
              for (let fw = 0; fw < filterWidth; fw++) {
                const column = ow * strideWidth + fw - padInfo.left;
                if (column < 0 || column >= inWidth) continue;
                const x = (((n * inDepth + d) * inHeight + h) * inWidth + column) * inChannels;
                const w = ((fd * filterHeight + fh) * filterWidth + fw) * inChannels * outChannels;
                visit(x, w, y);
              }
            }
          }
}

function infoOf(tf: Tf, x: Shape5, filter: Shape5, { strides, pad }: KernelArguments["attrs"]): Info {
  const stride = strides as number | [number, number, number];
  return tf.backend_util.computeConv3DInfo(x, filter, stride, 1, pad as "same" | "valid");
}
