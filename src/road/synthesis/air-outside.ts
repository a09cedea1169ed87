import { AIR_HU } from "../../imaging/hounsfield/index.ts";
import { maskBytes, type Volume } from "../../imaging/volume/index.ts";

/** Sets every value outside the mask to -1000 HU, in place. */
export function airOutside(values: Float32Array, mask: Volume): Float32Array {
  const inside = maskBytes(mask);
  for (let i = 0; i < values.length; i++) if (!inside[i]) values[i] = AIR_HU;
  return values;
}
