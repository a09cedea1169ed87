/** A dense float32 array on the CPU, row-major. */
export interface NamedArray {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** Arrays by name: weights, or what goes into a graph and comes out of it. */
export type NamedArrays = Readonly<Record<string, NamedArray>>;
