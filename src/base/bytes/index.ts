/** Bytes as text and back, arrays one after the other, and how many values a shape holds. */
export { fromBase64, toBase64 } from "./base64.ts";
export { fromHalf, toHalf } from "./half.ts";
export { joinBytes, joinFloats } from "./join.ts";
export { mapInto } from "./map-into.ts";
export { product } from "./product.ts";
export { sha256 } from "./sha256.ts";
