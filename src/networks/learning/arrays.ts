/** JSON data. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A dense float32 array on the CPU, row-major. */
export interface NamedArray {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** Weights by name. */
export type NamedArrays = Readonly<Record<string, NamedArray>>;
