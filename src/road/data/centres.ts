import type { Random } from "../../base/random/index.ts";
import { type Case, patientOf } from "./case.ts";

/**
 * The patients of each centre in random order; the centres in the order of their names. Cases that name none are of one more. A patient of two
 * centres counts for the one whose name comes first, so that the order of the cases does not matter.
 */
export function patientsByCentre(cases: readonly Case[], random: Random): readonly (readonly string[])[] {
  const centreOf = new Map<string, string>();
  for (const one of cases) {
    const [patient, centre = ""] = [patientOf(one), one.centre];
    const known = centreOf.get(patient);
    if (known === undefined || centre < known) centreOf.set(patient, centre);
  }
  const order = random.shuffle([...centreOf.keys()].sort());
  const centres = [...new Set(centreOf.values())].sort();
  return centres.map((centre) => order.filter((patient) => centreOf.get(patient) === centre));
}

/**
 * Patients of several centres into parts of given sizes, which add up to all patients: of each centre each part gets its size times the centre's share of
 * all patients, rounded up or down. That both the parts and the centres add up then is a transport problem with whole margins, which always has a
 * whole solution: what rounding down leaves over is found a place by augmenting paths, as in bipartite matching.
 *
 * @returns the patients of each part
 */
export function shareOut(
  centres: readonly (readonly string[])[],
  sizes: readonly number[],
  random: Random,
): readonly ReadonlySet<string>[] {
  const all = sizes.reduce((a, b) => a + b, 0);
  const counts = centres.map(({ length }) => sizes.map((size) => Math.floor((length * size) / all)));
  const roundsUp = centres.map(({ length }) => sizes.map((size) => (length * size) % all > 0));
  const extra = centres.map(() => sizes.map(() => false));
  const room = sizes.map((size, p) => size - counts.reduce((n, row) => n + row[p]!, 0));
  const parts = random.shuffle(sizes.map((_, p) => p)); // or small centres would always be in the same part
  const place = (centre: number, tried: Set<number>): boolean => {
    for (const p of parts) {
      if (!roundsUp[centre]![p] || extra[centre]![p] || tried.has(p)) continue;
      tried.add(p);
      const isFree = room[p]! > 0;
      const mover = isFree ? -1 : extra.findIndex((row, c) => row[p] && place(c, tried));
      if (!isFree && mover < 0) continue;
      if (isFree) room[p]!--;
      else extra[mover]![p] = false;
      extra[centre]![p] = true;
      return true;
    }
    return false;
  };
  for (const [centre, { length }] of centres.entries()) {
    const left = length - counts[centre]!.reduce((a, b) => a + b, 0);
    for (let n = 0; n < left; n++) place(centre, new Set());
  }
  const parted = sizes.map(() => new Set<string>());
  for (const [centre, patients] of centres.entries()) {
    let at = 0;
    for (const [p, part] of parted.entries()) {
      const end = at + counts[centre]![p]! + (extra[centre]![p] ? 1 : 0);
      for (const patient of patients.slice(at, end)) part.add(patient);
      at = end;
    }
  }
  return parted;
}
