import type { Random } from "../../../../base/random/index.ts";
import { indexOfKind } from "../kinds.ts";
import type { ForeignBodies, Place } from "./foreign-bodies.ts";
import { isBone, middleOfBrain, VaultPatch } from "./vault.ts";

const NOTHING = indexOfKind("air");
const SCAR = indexOfKind("muscle");

/** Something thin through a burr hole into the depth: an electrode of 1.3 mm to the deep grey matter, or a shunt's catheter of 2.6 mm to a ventricle, with its valve under the scalp. */
export function deepLead(head: ForeignBodies, random: Random): void {
  const shunt = random.next() < 0.5;
  const side = random.next() < 0.5 ? -1 : 1;
  const behind = shunt && random.next() < 0.6; // shunts come from behind or from in front, electrodes from in front
  const direction: Place = behind
    ? [side * random.uniform(0.3, 0.7), -random.uniform(0.4, 0.9), random.uniform(0.4, 0.9)]
    : [side * random.uniform(0.1, 0.4), random.uniform(0.2, 0.6), 1];
  const target = somewhere(head, indexOfKind(shunt ? "ventricle" : "deepGrey"), side, random);
  if (!target) return;
  const entry = skinFrom(head, target, direction);
  head.alongLine(target, entry, random.uniform(5.5, 7), (v) => {
    if (isBone(head.codes[v]!)) head.codes[v] = SCAR;
  });
  const end = towards(entry, target, 4); // mm of scalp over it
  head.alongLine(target, end, shunt ? 1.3 : 0.65, (v) => head.put(v, shunt ? "silicone" : "electrode"));
  if (shunt) valve(head, end, random);
}

/** Silicone and plastic of some 20 mm on the bone, with a magnet in four of ten. */
function valve(head: ForeignBodies, at: Place, random: Random): void {
  const middle = middleOfBrain(head);
  if (!middle) return;
  const patch = new VaultPatch(head, middle, at.map((x, d) => x - middle[d]!) as unknown as Place, 35);
  const angle = random.uniform(0, 2 * Math.PI);
  const on = (mm: number): Place | undefined => {
    const [u, v] = [mm * Math.cos(angle), mm * Math.sin(angle)];
    const found = patch.surfaces(u, v);
    return found && patch.place(u, v, found.outer + 2);
  };
  const [from, to, far] = [on(6), on(24), on(30)];
  if (!from || !to) return;
  head.alongLine(at, from, 1.3, (v) => head.put(v, "silicone"));
  head.alongLine(from, to, 2.5, (v) => head.put(v, "plastic"));
  if (far) head.alongLine(to, far, 1.3, (v) => head.put(v, "silicone"));
  if (random.next() < 0.4) head.alongLine(from, from, 1.2, (v) => head.put(v, "steel"));
}

/** A voxel of a tissue on one side of its middle; undefined without any. */
function somewhere(head: ForeignBodies, code: number, side: number, random: Random): Place | undefined {
  const { codes, shape } = head;
  const all: number[] = [];
  let sum = 0;
  for (let v = 0; v < codes.length; v++)
    if (codes[v] === code) {
      all.push(v);
      sum += v % shape[0];
    }
  const near = all.filter((v) => side * ((v % shape[0]) - sum / all.length) > 0);
  return near.length > 0 ? head.placeOf(near[random.integer(near.length)]!) : undefined;
}

/** Where a ray leaves the head. */
function skinFrom(head: ForeignBodies, from: Place, direction: Place): Place {
  const length = Math.hypot(...direction);
  const at = (mm: number) => from.map((x, d) => x + (mm * direction[d]!) / length) as unknown as Place;
  let mm = 0;
  while (mm < 200 && head.at(...at(mm)) !== NOTHING) mm += 0.5;
  return at(mm);
}

function towards(from: Place, to: Place, mm: number): Place {
  const share = mm / Math.max(mm, Math.hypot(...from.map((x, d) => to[d]! - x)));
  return from.map((x, d) => x + share * (to[d]! - x)) as unknown as Place;
}
