import { maskBytes, type Volume } from "../../imaging/volume/index.ts";

/** Sets every value outside the mask, in place. */
export function outsideAs<T extends Volume["data"]>(value: number, values: T, mask: Volume): T {
  const inside = maskBytes(mask);
  for (let i = 0; i < values.length; i++) if (!inside[i]) values[i] = value;
  return values;
}
