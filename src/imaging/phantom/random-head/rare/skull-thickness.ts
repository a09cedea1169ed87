import type { Random } from "../../../../base/random/index.ts";
import { distanceTo, type Triple } from "../../../volume/index.ts";
import { smoothField } from "../../smooth-field.ts";
import { SOFT } from "../head-map.ts";
import { indexOfKind } from "../kinds.ts";
import { isBone, isBrain } from "./vault.ts";

const CORTICAL = indexOfKind("corticalBone");
/** mm that are added or taken at most: vaults of adults are 6 to 8 mm thick, with an SD of 1 to 1.5 (Lillie et al., "Evaluation of skull cortical thickness changes with age and sex", 2016). */
const MOST = 2.5;
/** mm from the brain within which bone is skull. */
const NEAR = 20;
/** mm of bone that stay, and of soft tissue below the skin. */
const LEAST = 2;

/** Makes the skull thicker or thinner on its outside, more so here than there: bone grows into soft tissue, or soft tissue into bone. */
export function changeThickness(codes: Uint8Array, random: Random, shape: Triple, spacing: Triple): void {
  const amount = random.uniform(-MOST, MOST);
  const place = smoothField(random, shape, spacing, 40);
  const toBrain = distanceTo(
    codes.map((code) => (isBrain(code) ? 1 : 0)),
    1,
    shape,
    spacing,
  );
  const grows = amount > 0;
  const half = Math.max(...spacing) / 2; // from a voxel's middle to its surface
  const source = codes.map((code) => ((grows ? isBone(code) : code >= SOFT) ? 1 : 0));
  const depth = distanceTo(source, 1, shape, spacing);
  const next = grows ? CORTICAL : SOFT + 8; // as deep as scalp is above bone
  for (let v = 0; v < codes.length; v++) {
    const code = codes[v]!;
    if (toBrain[v]! > NEAR || !(grows ? code >= SOFT + LEAST : isBone(code) && toBrain[v]! > LEAST + 1))
      continue;
    if (depth[v]! - half < Math.abs(amount) * Math.min(1, Math.max(0, 0.7 + 0.4 * place[v]!)))
      codes[v] = next;
  }
}
