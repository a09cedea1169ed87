import type { Random } from "../../../../base/random/index.ts";
import { smoothStep } from "../../implicit.ts";
import { indexOfKind } from "../kinds.ts";
import { ForeignBodies } from "./foreign-bodies.ts";
import { isBone } from "./vault.ts";
import { BEYOND, FLUID, SCAR, windowedVault } from "./vault-window.ts";

const NOTHING = indexOfKind("air");
/** mm from the rim over which scalp and brain go from where they were to where they are now. */
const RIM = 12;
/** mm below the bone that a brain gives way. */
const DEPTH = 40;

/** A flap of 8 to 12 cm that was never put back: scalp on dura, the brain as far out or in as its swelling has it, at times fluid between them. */
export function craniectomy(head: ForeignBodies, random: Random): void {
  const vault = windowedVault(head, random, random.uniform(40, 60));
  if (!vault) return;
  const { patch, window } = vault;
  const bulge = random.uniform(-0.6, 1.1); // 1: out to where bone ended
  const fluid = random.next() < 0.4 ? random.uniform(1, 7) : 0; // mm of it under the scalp
  const before = new ForeignBodies(head.codes.slice(), head.shape, head.spacing);
  patch.each(DEPTH, (voxel, { u, v, r, inner, outer }) => {
    const inside = window(u, v);
    if (inside <= 0) return;
    const gap = (outer - inner) * smoothStep(0, RIM, inside);
    const dura = inner + bulge * gap;
    const from = r < dura ? r - bulge * gap * Math.max(0, (r - dura + DEPTH) / DEPTH) : r + (1 - bulge) * gap;
    const code = before.at(...patch.place(u, v, from));
    const bone = isBone(code);
    if (r < dura) head.codes[voxel] = bone ? FLUID : code;
    else if (r - dura < fluid * smoothStep(0, RIM, inside) && code !== NOTHING) head.codes[voxel] = FLUID;
    else head.codes[voxel] = bone && from < outer + BEYOND ? SCAR : code;
  });
}
