/** Added to the variance, as in PyTorch's InstanceNorm2d and BatchNorm2d. */
export const EPSILON = 1e-5;
/** Slope of the leaky ReLU for negative values; PyTorch's and nnU-Net's 0.01. */
export const LEAK = 0.01;

/** Function of each value; `softmax` over channels instead, so that they sum to 1. */
export type Activation = "linear" | "sigmoid" | "tanh" | "softplus" | "softmax";

/** Weights by name. */
export interface Weights<T> {
  /** @throws MidashError when there is none of that name */
  get(name: string): T;
  /** Whether training leaves it as it is, running statistics too. Default: no. */
  isFrozen?(name: string): boolean;
}

/** Scale and shift of a batch norm, and its running statistics; all [C]. */
export interface BatchNorm<T> {
  readonly gamma: T;
  readonly beta: T;
  readonly mean: T;
  readonly variance: T;
  /** True: the running statistics stay as they are and are used in training, too. Default false. */
  readonly frozen?: boolean;
}

/**
 * What networks are made of. A network that is written over `Layers<T>` stands once: as a function of tensors it is trained and asked, as
 * a function of the values of a graph it becomes an ONNX file and runs on every engine.
 *
 * Images have channels last: [N, H, W, C], or [N, D, H, W, C] where the network is 3-D. Filters are [(fD,) fH, fW, in, out].
 * Convolutions keep the size (`same` padding, of which an odd pixel goes to the end), or halve it (rounded up) with `stride: 2`.
 *
 * @example
 * function forward<T>(layers: Layers<T>, weights: Weights<T>, x: T): T {
 *   const hidden = layers.leaky(layers.convolution(x, weights.get("one.weight"), { bias: weights.get("one.bias") }));
 *   return layers.convolution(hidden, weights.get("two.weight"), { bias: weights.get("two.bias") });
 * }
 */
export interface Layers<T> {
  /** `bias` is [out]. */
  convolution(x: T, filter: T, options?: { readonly bias?: T; readonly stride?: 1 | 2 }): T;
  /** Convolution of `concat([a, b])`, which is never made where the backend has a kernel for it. Stride 1. */
  convolutionOfPair(a: T, b: T, filter: T, options?: { readonly bias?: T }): T;
  /**
   * Instance norm (Ulyanov et al. 2016), scale, shift and leaky ReLU: leaky(gamma · (x - mean) / sqrt(variance + 1e-5) + beta), with mean and
   * biased variance of each sample and channel. `gamma` and `beta` are [C]. `slope` is that of negative values: default 0.01; 1 for no ReLU.
   */
  normLeaky(x: T, gamma: T, beta: T, options?: { readonly slope?: number }): T;
  /**
   * Batch norm (Ioffe and Szegedy 2015), scale, shift and leaky ReLU of 0.01. In training by the batch's own statistics, towards which the running ones
   * are moved by a tenth (PyTorch's momentum); else, and where they are frozen, by the running ones.
   */
  batchNormLeaky(x: T, norm: BatchNorm<T>): T;
  /** Leaky ReLU of slope 0.01. */
  leaky(x: T): T;
  /** An activation, value by value; softmax over the channels of each pixel. */
  activate(x: T, kind: Activation): T;
  /** Max pooling of 2 a side, stride 2. */
  halve(x: T): T;
  /** Doubles each side by repeating pixels. */
  doubleNearest(x: T): T;
  /** Doubles H and W linearly, with half-pixel centres (PyTorch's align_corners=False). 2-D only. */
  doubleBilinear(x: T): T;
  /** Doubles each side by a transposed convolution of 2 a side. `filter` is [(2,) 2, 2, out, in], `bias` [out]. */
  doubleTransposed(x: T, filter: T, bias: T): T;
  /** Sizes of 1 are repeated, as in NumPy. */
  add(a: T, b: T | number): T;
  /** As {@link Layers.add}. */
  multiply(a: T, b: T | number): T;
  /** Joins channels. */
  concat(parts: readonly T[]): T;
  /** Parts channels: the first `sizes[0]` of them, the next `sizes[1]`, ... */
  split(x: T, sizes: readonly number[]): readonly T[];
  /** [N, in] times [in, out] plus [out]. */
  dense(x: T, weight: T, bias: T): T;
  /** [N] -> [N, 2 · count]: sin(π/2 · x), cos(π/2 · x), sin(2 · π/2 · x), ...: a number from 0 to 1 as features. */
  waves(x: T, count: number): T;
  /** [N, C] -> [N, (1,) 1, 1, C]: features of a sample, to be added to images or multiplied with them. */
  overPixels(features: T, dims: 2 | 3): T;
  /** Does `work`. What it makes besides its result is freed behind it where no gradients are to come: a third of the memory. */
  scope(work: () => T): T;
  /** Frees what is no longer needed, where no gradients are to come. */
  release(...values: readonly T[]): void;
}
