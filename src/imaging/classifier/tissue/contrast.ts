import type { Triple } from "../../volume/index.ts";
import { distanceTo } from "../../volume/index.ts";
import type { MaskBox } from "./box.ts";
import { K } from "./gaussians.ts";
import type { TissueContrast } from "./tissue-options.ts";

/**
 * Which contrast an image shows, by where white matter is: it is the class that lies deepest under the brain's surface on average. Bright, the image is
 * a T1; dark, a T2; between the others, a FLAIR.
 *
 * @param probability of the classes from dark to bright
 */
export function contrastOf(
  box: MaskBox,
  spacing: Triple,
  probability: readonly Float32Array[],
): TissueContrast {
  const inside = new Uint8Array(box.shape[0] * box.shape[1] * box.shape[2]);
  for (const v of box.voxels) inside[v] = 1;
  const depth = distanceTo(inside, 0, box.shape, spacing);
  const mean = probability.map((p) => {
    let sum = 0;
    let weight = 1e-9;
    for (const v of box.voxels) {
      sum += p[v]! * depth[v]!;
      weight += p[v]!;
    }
    return sum / weight;
  });
  const deepest = mean.indexOf(Math.max(...mean));
  return deepest === K - 1 ? "t1" : deepest === 0 ? "t2" : "flair";
}
