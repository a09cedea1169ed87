import { fromBase64 } from "../../../base/bytes/index.ts";

/** What an engine's WebAssembly can do, found out by the smallest modules that need it. */

/** f32x4.splat */
const SIMD = "AGFzbQEAAAABBQFgAAF7AwIBAAoLAQkAQwAAAAD9Ews=";
/** f32x4.relaxed_madd */
const RELAXED_SIMD = "AGFzbQEAAAABCAFgA3t7ewF7AwIBAAoNAQsAIAAgASAC/YUCCw==";

export function simdWorks(): boolean {
  return WebAssembly.validate(fromBase64(SIMD));
}

export function relaxedSimdWorks(): boolean {
  return WebAssembly.validate(fromBase64(RELAXED_SIMD));
}
