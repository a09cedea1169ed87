import { bytesOf } from "../base64.ts";

/** What an engine's WebAssembly can do, found out by the smallest modules that need it. */

/** f32x4.splat */
const SIMD = "AGFzbQEAAAABBQFgAAF7AwIBAAoLAQkAQwAAAAD9Ews=";
/** f32x4.relaxed_madd */
const RELAXED_SIMD = "AGFzbQEAAAABCAFgA3t7ewF7AwIBAAoNAQsAIAAgASAC/YUCCw==";

export function simdWorks(): boolean {
  return WebAssembly.validate(bytesOf(SIMD));
}

export function relaxedSimdWorks(): boolean {
  return WebAssembly.validate(bytesOf(RELAXED_SIMD));
}
