import type { Random } from "../../../../base/random/index.ts";
import { indexOfKind } from "../kinds.ts";

const NOTHING = indexOfKind("air");

/** Makes the surroundings of the head 0, in place: where they are darker than a threshold, as scanners do, or all that is outside a mask, as programs leave it that strip skulls or faces. */
export function silence(image: Float32Array, codes: Uint8Array, random: Random): void {
  const masked = random.next() < 0.4;
  const threshold = random.uniform(0.04, 0.15);
  for (let v = 0; v < image.length; v++)
    if (codes[v] === NOTHING && (masked || image[v]! < threshold)) image[v] = 0;
}
