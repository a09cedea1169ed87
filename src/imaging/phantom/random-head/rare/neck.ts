import type { Random } from "../../../../base/random/index.ts";
import type { Triple } from "../../../volume/index.ts";
import { indexOfKind } from "../kinds.ts";

const NOTHING = indexOfKind("air");
const CEREBELLUM = new Set([indexOfKind("cerebellarGrey"), indexOfKind("cerebellarWhite")]);

/** Ends the neck in a slanted plane 5 to 60 mm below the cerebellum, as programs do that crop heads: what lies below is air, in the MR as in the CT. */
export function cutNeck(codes: Uint8Array, random: Random, [nx, ny, nz]: Triple, spacing: Triple): void {
  const below = random.uniform(5, 60);
  const [slantX, slantY] = [0.12 * random.normal(), 0.25 * random.normal()];
  const lowest = codes.findIndex((code) => CEREBELLUM.has(code));
  if (lowest < 0) return;
  const level = spacing[2] * Math.floor(lowest / (nx * ny)) - below;
  for (let k = 0; k < nz; k++)
    for (let j = 0; j < ny; j++)
      for (let i = 0; i < nx; i++) {
        const plane = level + slantX * spacing[0] * (i - nx / 2) + slantY * spacing[1] * (j - ny / 2);
        if (spacing[2] * k < Math.min(level + 5, plane)) codes[i + nx * (j + ny * k)] = NOTHING;
      }
}
