import type { Random } from "../../../../base/random/index.ts";
import { fixations } from "./fixations.ts";
import type { ForeignBodies } from "./foreign-bodies.ts";
import { type MaterialName, thinnest } from "./materials.ts";
import { FLUID, replaceBone, SCAR, windowedVault } from "./vault-window.ts";

/** What flaps are made of; a sheet is thin, the others are as thick as bone. */
const FLAPS: readonly { readonly of: MaterialName; readonly sheet: boolean }[] = [
  { of: "titaniumMesh", sheet: true },
  { of: "titanium", sheet: true },
  { of: "plastic", sheet: false },
  { of: "cement", sheet: false },
  { of: "ceramic", sheet: false },
];

/** A flap of 4 to 9 cm that was replaced: by a titanium mesh or sheet, which lies on the rim with tissue or fluid below, or by plastic, bone cement or ceramic in a narrow gap. */
export function cranioplasty(head: ForeignBodies, random: Random): void {
  const vault = windowedVault(head, random, random.uniform(20, 45));
  if (!vault) return;
  const { patch, window } = vault;
  const { of, sheet } = FLAPS[random.integer(FLAPS.length)]!;
  replaceBone(head, patch, (u, v) => window(u, v) > 0, random.next() < 0.4 ? FLUID : SCAR);
  const thick = thinnest(head.spacing);
  const gap = sheet ? -3 : random.uniform(0.5, 2);
  patch.each(0, (voxel, { u, v, r, inner, outer }) => {
    const within = sheet ? Math.abs(r - outer) <= thick / 2 : r > inner && r <= outer;
    if (within && window(u, v) > gap) head.put(voxel, of);
  });
  if (!sheet) fixations(head, patch, window, random);
}
