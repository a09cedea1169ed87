import { mapInto } from "../../base/bytes/index.ts";
import { distanceTo, fillHoles, keepLargestComponent, type Triple } from "../../imaging/volume/index.ts";

/** Bridges thinner than twice this, in mm, part the brain from what looks like it: cord, nerves, specks in the neck. */
const BRIDGE = 3;
/** Sulci and ventricles narrower than twice this, in mm, belong to the brain. */
const CLOSING = 6;

/** Brain as two masks on one grid. */
export interface BrainMasks {
  /** Grey and white matter with the fluid that they enclose: ventricles, sulci. What BET, HD-BET and `aseg` call brain. */
  readonly brain: Uint8Array;
  /** All that lies within the skull: with the fluid around the brain. */
  readonly inside: Uint8Array;
}

/**
 * The brain by what a network takes each voxel for.
 *
 * @param tissue 1 in grey and white matter
 * @param fluid 1 in CSF
 */
export function brainMasks(
  tissue: Uint8Array,
  fluid: Uint8Array,
  shape: Triple,
  spacing: Triple,
): BrainMasks {
  const brain = opened(tissue, shape, spacing);
  close(brain, shape, spacing);
  const inside = opened(
    tissue.map((one, n) => one | fluid[n]! | brain[n]!),
    shape,
    spacing,
  );
  fillHoles(inside, shape);
  for (let n = 0; n < brain.length; n++) brain[n]! &= inside[n]!;
  return { brain, inside };
}

/** The largest part that a ball of radius {@link BRIDGE} can reach, and what lies right beside it. */
function opened(mask: Uint8Array, shape: Triple, spacing: Triple): Uint8Array {
  const depth = distanceTo(mask, 0, shape, spacing);
  const core = mapInto(new Uint8Array(mask.length), depth, (d) => (d > BRIDGE ? 1 : 0));
  if (keepLargestComponent(core, shape, 6) === 0) return core;
  const away = distanceTo(core, 1, shape, spacing);
  // Gyri are thinner than the bridges that are cut: what hangs together with the core within a gyrus' height stays.
  const near = mapInto(new Uint8Array(mask.length), mask, (one, n) =>
    one && away[n]! <= 3 * BRIDGE ? 1 : 0,
  );
  keepLargestComponent(near, shape, 6);
  return near;
}

function close(mask: Uint8Array, shape: Triple, spacing: Triple): void {
  const away = distanceTo(mask, 1, shape, spacing);
  const grown = mapInto(new Uint8Array(mask.length), away, (d) => (d <= CLOSING ? 1 : 0));
  const depth = distanceTo(grown, 0, shape, spacing);
  for (let n = 0; n < mask.length; n++) if (depth[n]! > CLOSING) mask[n] = 1;
  fillHoles(mask, shape);
}
