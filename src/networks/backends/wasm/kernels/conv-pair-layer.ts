import type { Tensor } from "@tensorflow/tfjs-core";
import type { OwnLayers } from "../../../layers/index.ts";
import type { Tf } from "../../backend.ts";
import { CONV_PAIR } from "./conv-pair.ts";

/** `convolutionOfPair` of the layers without making or splitting the concatenation, which costs more than the convolution on wasm. */
export function convPairLayer(tf: Tf): NonNullable<OwnLayers["convolutionOfPair"]> {
  return (a, b, filter) => {
    const [ca, cb] = [a, b].map(({ shape }) => shape[shape.length - 1]!) as [number, number];
    const axis = filter.rank - 2;
    const halves = (of: Tensor) => tf.split(of, [ca, cb], axis) as [Tensor, Tensor];
    const op = tf.customGrad((...args) => {
      const [x, y, f, save] = args as unknown as [Tensor, Tensor, Tensor, (tensors: Tensor[]) => void];
      save([x, y, f]);
      const gradFunc = (dy: Tensor, saved: Tensor[]) => {
        const [x_, y_, f_] = saved as [Tensor, Tensor, Tensor];
        const [ofX, ofY] = halves(f_);
        const [dx, dfx] = convolutionGradients(tf, x_, ofX, dy);
        const [dyy, dfy] = convolutionGradients(tf, y_, ofY, dy);
        return [dx, dyy, tf.concat([dfx, dfy], axis)];
      };
      return { value: tf.engine().runKernel(CONV_PAIR, { a: x, b: y, filter: f }) as Tensor, gradFunc };
    });
    return op(a, b, filter);
  };
}

/** Of {@link convolution}: those of x and of the filter. */
function convolutionGradients(tf: Tf, x: Tensor, filter: Tensor, dy: Tensor): [Tensor, Tensor] {
  const [ofInput, ofFilter] =
    x.rank === 5
      ? ["Conv3DBackpropInputV2", "Conv3DBackpropFilterV2"]
      : ["Conv2DBackpropInput", "Conv2DBackpropFilter"];
  const how = { strides: 1, pad: "same", dataFormat: x.rank === 5 ? "NDHWC" : "NHWC" };
  const run = (kernel: string, inputs: Record<string, Tensor>, shapes: Record<string, number[]>) =>
    tf.engine().runKernel(kernel, inputs, { ...how, ...shapes }) as Tensor;
  return [
    run(ofInput, { dy, filter }, { inputShape: x.shape }),
    run(ofFilter, { x, dy }, { filterShape: filter.shape }),
  ];
}
