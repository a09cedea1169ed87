import type { Tensor } from "@tensorflow/tfjs-core";
import type { OwnLayers } from "../../../layers/index.ts";
import type { Tf } from "../../backend.ts";
import { CONV_PAIR, CONV_PAIR_GRAD } from "./conv-pair.ts";
import { DOUBLE_NEAREST, DOUBLE_NEAREST_GRAD } from "./double-nearest.ts";

/** Layers that compiled kernels compute, forward and backward, each in one go. */
export function compiledLayers(tf: Tf): Required<Pick<OwnLayers, "convolutionOfPair" | "doubleNearest">> {
  const run = (kernel: string, inputs: Record<string, Tensor>) => tf.engine().runKernel(kernel, inputs);
  const pair = tf.customGrad((...args) => {
    const [a, b, filter, save] = args as unknown as [Tensor, Tensor, Tensor, (tensors: Tensor[]) => void];
    save([a, b, filter]);
    const gradFunc = (dy: Tensor, saved: Tensor[]) => {
      const [x, y, f] = saved as [Tensor, Tensor, Tensor];
      return run(CONV_PAIR_GRAD, { a: x, b: y, filter: f, dy }) as Tensor[];
    };
    return { value: run(CONV_PAIR, { a, b, filter }) as Tensor, gradFunc };
  });
  const double = tf.customGrad((x) => ({
    value: run(DOUBLE_NEAREST, { x: x as Tensor }) as Tensor,
    gradFunc: (dy: Tensor) => run(DOUBLE_NEAREST_GRAD, { dy }) as Tensor,
  }));
  return { convolutionOfPair: (a, b, filter) => pair(a, b, filter), doubleNearest: (x) => double(x) };
}
