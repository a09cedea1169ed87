export type { NamedArray, NamedArrays } from "../layers/index.ts";

/** JSON data. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
