import type { Random } from "../../../../base/random/index.ts";
import type { ForeignBodies } from "./foreign-bodies.ts";
import { thinnest } from "./materials.ts";
import type { VaultPatch } from "./vault.ts";
import { onOutline, type Window } from "./vault-window.ts";

/** Two to four titanium miniplates of 16 × 5 mm across the rim of a window, with a screw of 4 mm on each side of it. */
export function fixations(head: ForeignBodies, patch: VaultPatch, window: Window, random: Random): void {
  const thick = thinnest(head.spacing);
  const first = random.uniform(0, 2 * Math.PI);
  const number = 2 + random.integer(3);
  for (let n = 0; n < number; n++) {
    const angle = first + (2 * Math.PI * (n + random.uniform(-0.2, 0.2))) / number;
    const [u, v] = onOutline(window, angle);
    const [x, y] = [Math.cos(angle), Math.sin(angle)];
    for (let along = -8; along <= 8; along += 0.5)
      for (let side = -2.5; side <= 2.5; side += 0.5) {
        const [a, b] = [u + along * x - side * y, v + along * y + side * x];
        const found = patch.surfaces(a, b);
        if (!found) continue;
        const screw = Math.hypot(Math.abs(along) - 5.5, side) < 1 ? 4 : 0;
        const from = patch.place(a, b, found.outer + 0.5 * thick);
        head.alongLine(from, patch.place(a, b, found.outer + 0.5 * thick - screw), 0, (voxel) => {
          head.put(voxel, "titanium");
        });
      }
  }
}
