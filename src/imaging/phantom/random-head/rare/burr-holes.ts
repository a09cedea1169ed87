import type { Random } from "../../../../base/random/index.ts";
import type { ForeignBodies } from "./foreign-bodies.ts";
import { thinnest } from "./materials.ts";
import type { VaultPatch } from "./vault.ts";
import { FLUID, replaceBone, SCAR, windowedVault } from "./vault-window.ts";

/** One to three holes in the vault, as after a drain or a biopsy. */
export function burrHoles(head: ForeignBodies, random: Random): void {
  const long = random.uniform(15, 40);
  const vault = windowedVault(head, random, long);
  const angle = random.uniform(0, 2 * Math.PI);
  const [u, v] = [0.7 * long * Math.cos(angle), 0.7 * long * Math.sin(angle)];
  const all = [
    [0, 0],
    [u, v],
    [-u, -v],
  ] as const;
  if (vault) drill(head, vault.patch, random, all.slice(0, 1 + random.integer(3)));
}

/** Holes of 11 to 14 mm through the whole bone, in four of ten heads under titanium covers. */
export function drill(
  head: ForeignBodies,
  patch: VaultPatch,
  random: Random,
  at: readonly (readonly [u: number, v: number])[],
): void {
  const radius = random.uniform(5.5, 7);
  const filling = random.next() < 0.5 ? FLUID : SCAR;
  const covered = random.next() < 0.4;
  const near = (u: number, v: number) => Math.min(...at.map(([a, b]) => Math.hypot(u - a, v - b)));
  replaceBone(head, patch, (u, v) => near(u, v) < radius, filling);
  if (!covered) return;
  const thick = thinnest(head.spacing);
  patch.each(0, (voxel, { u, v, r, outer }) => {
    if (r > outer - 0.3 && r < outer - 0.3 + thick && near(u, v) < radius + 2) head.put(voxel, "titanium");
  });
}
