import type { Random } from "../../../../base/random/index.ts";
import { indexOfKind } from "../kinds.ts";
import type { ForeignBodies, Place } from "./foreign-bodies.ts";
import { isBone, middleOfBrain, VaultPatch } from "./vault.ts";

/** What grows where bone was. */
export const SCAR = indexOfKind("muscle");
export const FLUID = indexOfKind("csf");

/** mm beyond the outer surface that still are vault, and not cheekbone. */
export const BEYOND = 2;
/** mm around a window that a patch shows. */
const AROUND = 15;

/** A window in the vault: mm inside its outline, negative outside. */
export type Window = (u: number, v: number) => number;

/** A part of the vault with a window of `long` mm from its middle to its farther rim; undefined without a brain. */
export function windowedVault(
  head: ForeignBodies,
  random: Random,
  long: number,
): { readonly patch: VaultPatch; readonly window: Window } | undefined {
  const middle = middleOfBrain(head);
  if (!middle) return undefined;
  const window = outline(random, long, long * random.uniform(0.6, 1));
  return { window, patch: new VaultPatch(head, middle, somewhereOnVault(random), 1.2 * long + AROUND) };
}

/** A direction from the brain's middle to its vault: to either side, above the base. */
function somewhereOnVault(random: Random): Place {
  const side = random.next() < 0.5 ? -1 : 1;
  return [side * random.uniform(0.2, 1), 0.6 * random.normal(), random.uniform(0.3, 0.9)];
}

/** The vault's bone, where `wanted`, becomes something else. */
export function replaceBone(
  head: ForeignBodies,
  patch: VaultPatch,
  wanted: (u: number, v: number) => boolean,
  by: number,
): void {
  patch.each(0, (voxel, { u, v, r, outer }) => {
    if (r < outer + BEYOND && isBone(head.codes[voxel]!) && wanted(u, v)) head.codes[voxel] = by;
  });
}

/** An oval that is not quite one. */
function outline(random: Random, a: number, b: number): Window {
  const [one, two] = [random.uniform(0, 2 * Math.PI), random.uniform(0, 2 * Math.PI)];
  const turn = random.uniform(0, Math.PI);
  return (u, v) => {
    const [x, y] = [u * Math.cos(turn) + v * Math.sin(turn), v * Math.cos(turn) - u * Math.sin(turn)];
    const angle = Math.atan2(y / b, x / a);
    const wide = 1 + 0.1 * Math.cos(2 * angle + one) + 0.07 * Math.cos(3 * angle + two);
    return (wide - Math.hypot(x / a, y / b)) * Math.sqrt(a * b);
  };
}

/** Where the ray at `angle` leaves a window. */
export function onOutline(window: Window, angle: number): readonly [number, number] {
  const [x, y] = [Math.cos(angle), Math.sin(angle)];
  let r = 5;
  while (r < 100 && window(r * x, r * y) > 0) r += 0.5;
  return [r * x, r * y];
}
