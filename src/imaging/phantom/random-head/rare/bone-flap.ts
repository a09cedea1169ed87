import type { Random } from "../../../../base/random/index.ts";
import { drill } from "./burr-holes.ts";
import { fixations } from "./fixations.ts";
import type { ForeignBodies } from "./foreign-bodies.ts";
import { FLUID, onOutline, replaceBone, SCAR, windowedVault } from "./vault-window.ts";

/** A flap of 4 to 9 cm that was cut out and put back: a gap of 1 to 4 mm around it, burr holes on it, titanium miniplates across it. */
export function boneFlap(head: ForeignBodies, random: Random): void {
  const vault = windowedVault(head, random, random.uniform(20, 45));
  if (!vault) return;
  const { patch, window } = vault;
  const gap = random.uniform(1, 4);
  const cut = (u: number, v: number) => window(u, v) > 0 && window(u, v) < gap;
  replaceBone(head, patch, cut, random.next() < 0.3 ? FLUID : SCAR);
  const corners = Array.from({ length: 2 + random.integer(3) }, () =>
    onOutline(window, random.uniform(0, 2 * Math.PI)),
  );
  drill(head, patch, random, corners);
  fixations(head, patch, window, random);
}
