import type { Random } from "../../../../base/random/index.ts";
import { AIR_HU } from "../../../hounsfield/index.ts";
import { distanceTo, type Triple } from "../../../volume/index.ts";
import { smoothField } from "../../smooth-field.ts";
import { indexOfKind } from "../kinds.ts";
import { ForeignBodies } from "./foreign-bodies.ts";
import { middleOfBrain } from "./vault.ts";

const NOTHING = indexOfKind("air");
/** Hair grows behind and above this, mm from the brain's middle; and hangs down so far. */
const FACE = { ahead: 30, above: 30, below: 70 } as const;

/** Hair in a CT, in place: air with a little of something in it, 2 to 25 mm deep, densest at the skin; its class is background. An MR does not show it. */
export function addHair(
  hu: Float32Array,
  codes: Uint8Array,
  random: Random,
  shape: Triple,
  spacing: Triple,
): void {
  const middle = middleOfBrain(new ForeignBodies(codes, shape, spacing));
  if (!middle) return;
  const [dense, deep] = [random.uniform(40, 250), random.uniform(2, 10)]; // HU above air, mm
  const locks = smoothField(random, shape, spacing, 8);
  const away = distanceTo(
    codes.map((code) => (code === NOTHING ? 0 : 1)),
    1,
    shape,
    spacing,
  );
  const [nx, ny] = shape;
  for (let v = 0; v < hu.length; v++) {
    if (codes[v] !== NOTHING || away[v]! > 3 * deep) continue;
    const y = spacing[1] * (Math.floor(v / nx) % ny) - middle[1];
    const z = spacing[2] * Math.floor(v / (nx * ny)) - middle[2];
    if (z < -FACE.below || (y > FACE.ahead && z < FACE.above)) continue;
    const share = Math.exp(-away[v]! / deep) * Math.max(0, 0.8 + 0.5 * locks[v]!);
    hu[v] = Math.max(hu[v]!, AIR_HU + dense * share);
  }
}
