import { mapInto } from "../../../base/bytes/index.ts";
import { assert, fail } from "../../../base/errors/index.ts";
import {
  boundingBox,
  dilate,
  distanceTo,
  erode,
  extract,
  fillHoles,
  mapTriple,
  reorient,
  type Triple,
  type Volume,
} from "../../volume/index.ts";
import { HEAD_KINDS, indexOfKind } from "./kinds.ts";

/** Soft tissue of a map by its depth below the skin's surface: this code and above it one for each {@link DEPTH_STEP}. */
export const SOFT = 64;
/** mm */
export const DEPTH_STEP = 1;
const DEPTHS = 64;

/** Openings up to twice so many mm wide lead to cavities, not to the outside. */
const OPENING = 6;

/** Air around a map, mm: the head is closed over its openings in it. */
const MARGIN = OPENING + 2;

/** A head from which random ones are drawn: which tissue in each voxel, by a numbering of its own; RAS, little larger than the head. */
export type HeadMap = Volume;

/**
 * Makes a head map of a whole-head label map in the numbering of those that come with SynthSeg. Air that the head encloses, or nearly so, becomes
 * cavities; soft tissue is divided by depth.
 *
 * @throws MidashError `invalid-argument` for a label that is not one of a head, and for a volume without a head
 */
export function headMap(labels: Volume, where = "headMap"): HeadMap {
  const ras = reorient(labels, "RAS");
  const kindOf = new Int16Array(1024).fill(-1);
  for (const [n, kind] of HEAD_KINDS.entries()) for (const label of kind.labels) kindOf[label] = n;
  const box = boundingBox(ras.data, ras.shape);
  assert(box, "there is nothing but label 0", { where });
  const margin = mapTriple(ras.spacing, (mm) => Math.ceil(MARGIN / mm));
  const map = extract(
    ras,
    mapTriple(box.low, (low, d) => low - margin[d]!),
    mapTriple(box.shape, (n, d) => n + 2 * margin[d]!),
    { fill: 0 },
  );
  const codes = mapInto(new Uint8Array(map.size), map.data, (label) => {
    const code = kindOf[label] ?? -1;
    if (code >= 0) return code;
    return fail("invalid-argument", `label ${label} is not a label of a head`, {
      where,
      hint: "label maps are numbered as those that come with SynthSeg",
    });
  });
  const { shape, spacing } = map;
  const head = codes.map((code) => (code > 0 ? 1 : 0));
  hollows(codes, head, shape, spacing);
  const outside = codes.map((code) => (code === 0 ? 1 : 0));
  const depth = distanceTo(outside, 1, shape, spacing);
  const soft = indexOfKind("muscle");
  for (let v = 0; v < codes.length; v++)
    if (codes[v] === soft) codes[v] = SOFT + Math.min(DEPTHS - 1, Math.floor(depth[v]! / DEPTH_STEP));
  return map.with({ data: codes, unit: "unknown" });
}

/** Air inside a head that is closed over its openings. */
function hollows(codes: Uint8Array, head: Uint8Array, shape: Triple, spacing: Triple): void {
  const cavity = indexOfKind("innerAir");
  const radii = mapTriple(spacing, (mm) => OPENING / mm);
  const closed = head.slice();
  dilate(closed, shape, radii);
  fillHoles(closed, shape);
  erode(closed, shape, radii);
  for (let v = 0; v < codes.length; v++) if (codes[v] === 0 && closed[v]) codes[v] = cavity;
}
