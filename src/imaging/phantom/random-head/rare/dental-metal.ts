import type { Random } from "../../../../base/random/index.ts";
import { indexOfKind } from "../kinds.ts";
import type { ForeignBodies, Place } from "./foreign-bodies.ts";
import type { MaterialName } from "./materials.ts";
import { isBone, middleOfBrain } from "./vault.ts";

const EYE = indexOfKind("vitreous");
/** Eyes lie so far below the brain's middle, seen from there; median of 16 heads. */
const LOOKING_DOWN = (20 * Math.PI) / 180;
/** Where jaws with teeth are from the middle between the eyes, mm: beside it, ahead of it, below it. */
const JAWS = { beside: 30, behind: 32, ahead: 12, upper: 42, lower: 78 } as const;
/** Fewer voxels of bone there are no jaw: the map ends above it. mm³ */
const LEAST = 2000;

/** Shares of what is found, added up: crowns and fillings, seldom alloys, seldom the steel of brackets. */
const DRAWN: readonly (readonly [MaterialName, number])[] = [
  ["filling", 0.65],
  ["alloy", 0.9],
  ["steel", 1],
];

/** One to seven crowns or fillings in the jaws, 3 to 9 mm wide. Nothing where the map ends above the teeth. */
export function dentalMetal(head: ForeignBodies, random: Random): void {
  const teeth = jaws(head);
  const [sx, sy, sz] = head.spacing;
  if (teeth.length * sx * sy * sz < LEAST) return;
  const number = 1 + random.integer(7);
  for (let n = 0; n < number; n++) {
    const middle = head.placeOf(teeth[random.integer(teeth.length)]!);
    const kind = random.next();
    const [name] = DRAWN.find(([, upTo]) => kind < upTo)!;
    const top: Place = [middle[0], middle[1], middle[2] + random.uniform(1, 4)];
    head.alongLine(middle, top, random.uniform(1.2, 3.2), (v) => head.put(v, name));
  }
}

/** Bone of the jaws' arch, by its place under the eyes. */
function jaws(head: ForeignBodies): number[] {
  const { codes, shape, spacing } = head;
  const brain = middleOfBrain(head);
  const eyes = middleOf(head, () => true);
  if (!brain || !eyes) return [];
  const [right, left] = [middleOf(head, (x) => x > eyes[0]), middleOf(head, (x) => x <= eyes[0])];
  if (!right || !left) return [];
  const across = unit(minus(right, left));
  const seen = minus(eyes, brain);
  const level = dot(seen, across);
  const ahead = unit(seen.map((s, d) => s - level * across[d]!) as unknown as Place);
  const over: Place = [
    across[1] * ahead[2] - across[2] * ahead[1],
    across[2] * ahead[0] - across[0] * ahead[2],
    across[0] * ahead[1] - across[1] * ahead[0],
  ];
  const turned = (a: Place, s: number, b: Place, t: number) =>
    a.map((x, d) => s * x + t * b[d]!) as unknown as Place;
  const [cos, sin] = [Math.cos(LOOKING_DOWN), Math.sin(LOOKING_DOWN)];
  const [forward, up] = [turned(ahead, cos, over, sin), turned(over, cos, ahead, -sin)];
  const found: number[] = [];
  const [nx, ny] = shape;
  const highest = Math.min(shape[2] - 1, Math.ceil(eyes[2] / spacing[2]));
  for (let v = 0; v < nx * ny * highest; v++) {
    if (!isBone(codes[v]!)) continue;
    const from = minus(head.placeOf(v), eyes);
    const [x, y, z] = [dot(from, across), dot(from, forward), dot(from, up)];
    const arch = Math.abs(x) > 8 || y > -18; // not the spine
    if (
      arch &&
      Math.abs(x) < JAWS.beside &&
      y > -JAWS.behind &&
      y < JAWS.ahead &&
      z < -JAWS.upper &&
      z > -JAWS.lower
    )
      found.push(v);
  }
  return found;
}

/** The middle of the eyes' voxels that are wanted; undefined without any. */
function middleOf(
  { codes, shape, spacing }: ForeignBodies,
  wanted: (x: number) => boolean,
): Place | undefined {
  const [nx, ny] = shape;
  let [n, x, y, z] = [0, 0, 0, 0];
  for (let v = 0; v < codes.length; v++) {
    if (codes[v] !== EYE || !wanted(spacing[0] * (v % nx))) continue;
    n++;
    x += v % nx;
    y += Math.floor(v / nx) % ny;
    z += Math.floor(v / (nx * ny));
  }
  return n > 0 ? [(spacing[0] * x) / n, (spacing[1] * y) / n, (spacing[2] * z) / n] : undefined;
}

const minus = (a: Place, b: Place): Place => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const dot = (a: Place, b: Place): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const unit = (a: Place): Place => a.map((x) => x / Math.sqrt(dot(a, a))) as unknown as Place;
