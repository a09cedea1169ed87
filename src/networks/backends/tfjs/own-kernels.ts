/** Kernels that tfjs does not have, by the names under which backends register them, and the layers and the step of Adam that call them. */
import type { Tensor } from "@tensorflow/tfjs-core";
import type { OwnLayers } from "../../layers/index.ts";
import type { AdamStep, Tf } from "../backend.ts";

/** Inputs a, b ([N, ..., C]) and filter ([..., a's + b's channels, out]): the convolution of both joined, stride 1, `same` padding. */
export const CONV_PAIR = "MidashConvPair";
/** Inputs a, b, filter and dy; gives the gradients of a, b and filter. */
export const CONV_PAIR_GRAD = "MidashConvPairGrad";
/** Input x, [N, H, W, C] or [N, D, H, W, C]: each side doubled by repeating pixels. */
export const DOUBLE_NEAREST = "MidashDoubleNearest";
/** Input dy, of twice x's size; gives the gradient of x. */
export const DOUBLE_NEAREST_GRAD = "MidashDoubleNearestGrad";
/** Inputs weights, gradient, first, second (moments); gives new weights, first, second. */
export const ADAM = "MidashAdam";

/** The session's step of Adam, by that kernel for one variable after the other. */
export function adamStep(tf: Tf): AdamStep {
  return (variables, how) => {
    for (const variable of variables)
      tf.tidy(() => {
        const [weights, first, second] = tf.engine().runKernel(ADAM, { ...variable }, { ...how }) as Tensor[];
        variable.weights.assign(weights!);
        variable.first.assign(first!);
        variable.second.assign(second!);
      });
  };
}

/** Layers that those kernels compute, forward and backward, each in one go. */
export function ownLayers(tf: Tf): Required<Pick<OwnLayers, "convolutionOfPair" | "doubleNearest">> {
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
