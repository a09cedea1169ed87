import { quantiles } from "../../imaging/volume/index.ts";
import type { CaseFacts, CaseLook } from "./case-look.ts";
import { type Finding, isBad } from "./finding.ts";

/** Cases below which nothing is said to be unusual. */
const LEAST_CASES = 8;
/** Robust standard deviations from the median beyond which a case is one. */
const UNUSUAL = 6;
/** A median absolute deviation as a standard deviation, for normally distributed values. */
const MAD_TO_SD = 1.4826;
/** Correlation of signatures above which two images are one. Two heads of one simulation are below 0.99, the same with other noise above 0.9995. */
const NEARLY_ALIKE = 0.999;

/** What the cases of a cohort are compared by. */
interface Quantity {
  readonly name: string;
  readonly unit: string;
  /** Deviations smaller than this share of the median, or than this, count as none: what does no harm however alike the others are. */
  readonly least: { readonly share: number } | { readonly value: number };
  of(facts: CaseFacts): number | undefined;
}

const firstImage = ({ images }: CaseFacts) => Object.values(images)[0];

const QUANTITIES: readonly Quantity[] = [
  ...["right", "front", "up"].flatMap((to, d): Quantity[] => [
    {
      name: `voxel size to the ${to}`,
      unit: "mm",
      least: { share: 0.25 },
      of: (facts) => firstImage(facts)?.spacing[d as 0],
    },
    {
      name: `field of view to the ${to}`,
      unit: "mm",
      least: { share: 0.4 },
      of: (facts) => {
        const image = firstImage(facts);
        return image && image.shape[d as 0] * image.spacing[d as 0];
      },
    },
  ]),
  { name: "body in the CT", unit: "L", least: { share: 0.5 }, of: (facts) => facts.ctLitres },
  { name: "median of the body", unit: "HU", least: { value: 40 }, of: (facts) => facts.bodyHu },
  { name: "contrast of the MR", unit: "", least: { share: 0.5 }, of: (facts) => facts.mrContrast },
  { name: "overlap of the bodies", unit: "", least: { value: 0.05 }, of: (facts) => facts.dice },
  {
    name: "slices whose body touches a side",
    unit: "",
    least: { value: 0.2 },
    of: (facts) => facts.cutSlices,
  },
];

/**
 * Everything that is to be said of each case, once all are known: what was found in it, and what comparing it with the others shows. Images that two
 * cases share set aside all but the first of them; where two cases share one image and not the other, one of them is wrong and both are set aside.
 * What is merely unusual is doubtful. Bad cases do not count as usual.
 *
 * @param partOf the part of the split that a case is in
 * @returns findings by id
 */
export function judgeCohort(
  looks: readonly CaseLook[],
  partOf: (id: string) => string | undefined = () => undefined,
): ReadonlyMap<string, readonly Finding[]> {
  const found = new Map(looks.map(({ id, findings }) => [id, [...findings]]));
  for (const [id, finding] of duplicates(looks, partOf)) found.get(id)!.push(finding);
  const good = looks.filter(({ id }) => !isBad(found.get(id)!));
  if (good.length >= LEAST_CASES)
    for (const quantity of QUANTITIES)
      for (const [id, finding] of outliers(good, quantity)) found.get(id)!.push(finding);
  return found;
}

function outliers(looks: readonly CaseLook[], { name, unit, least, of }: Quantity): [string, Finding][] {
  const known = looks.flatMap(({ id, facts }) => {
    const value = of(facts);
    return value === undefined ? [] : [{ id, value }];
  });
  if (known.length < LEAST_CASES) return [];
  const middleOf = (values: readonly number[]) => quantiles(Float32Array.from(values), [0.5])[0]!;
  const median = middleOf(known.map(({ value }) => value));
  const spread = MAD_TO_SD * middleOf(known.map(({ value }) => Math.abs(value - median)));
  const floor = "value" in least ? least.value : least.share * Math.abs(median);
  const text = (value: number) => `${Number(value.toPrecision(3))}${unit ? ` ${unit}` : ""}`;
  return known
    .filter(({ value }) => Math.abs(value - median) > Math.max(UNUSUAL * spread, floor))
    .map(({ id, value }) => [
      id,
      {
        code: "outlier",
        level: "doubtful",
        what: `${name} is ${text(value)}, of the cohort ${text(median)}`,
      },
    ]);
}

/** Which two cases show the same, in all images or in some. */
function duplicates(
  looks: readonly CaseLook[],
  partOf: (id: string) => string | undefined,
): [string, Finding][] {
  const out: [string, Finding][] = [];
  const sorted = [...looks].sort((a, b) => (a.id < b.id ? -1 : 1));
  for (const [n, later] of sorted.entries())
    for (const first of sorted.slice(0, n)) {
      const names = Object.keys(later.facts.images).filter((name) => first.facts.images[name]);
      const same = names.filter((name) => isSame(first, later, name));
      if (same.length === 0) continue;
      out.push(...findingsOf(first, later, same, names.length, partOf));
    }
  return out;
}

function findingsOf(
  first: CaseLook,
  later: CaseLook,
  same: readonly string[],
  all: number,
  partOf: (id: string) => string | undefined,
): [string, Finding][] {
  const list = same.join(" and ");
  const patientOf = ({ patient, id }: CaseLook) => patient ?? id;
  const is = same.length > 1 ? "are" : "is";
  // A second sequence of a patient beside the same CT, or slabs of one pair: these stay in one part anyway.
  if (patientOf(first) === patientOf(later))
    return [
      [
        later.id,
        {
          code: "duplicate",
          level: "doubtful",
          what: `its ${list} ${is} also that of ${first.id}, its patient's other case`,
        },
      ],
    ];
  const [one, other] = [partOf(first.id), partOf(later.id)];
  const apart = one !== undefined && other !== undefined && one !== other;
  const parts = apart ? `, and they are in two parts of the split, ${one} and ${other}` : "";
  if (same.length === all)
    return [[later.id, { code: "duplicate", level: "bad", what: `shows the same as ${first.id}${parts}` }]];
  return [
    [
      first.id,
      { code: "duplicate", level: "bad", what: `its ${list} ${is} also that of ${later.id}${parts}` },
    ],
    [
      later.id,
      { code: "duplicate", level: "bad", what: `its ${list} ${is} also that of ${first.id}${parts}` },
    ],
  ];
}

/** The same values, or nearly the same on a coarse lattice. */
function isSame(first: CaseLook, later: CaseLook, name: string): boolean {
  const [a, b] = [first.facts.images[name]!, later.facts.images[name]!];
  if (a.digest === b.digest) return true;
  const isLike = a.spacing.every((mm, d) => {
    const [one, other] = [mm * a.shape[d as 0], b.spacing[d as 0] * b.shape[d as 0]];
    return Math.abs(one - other) < 0.02 * one;
  });
  return isLike && correlation(a.signature, b.signature) > NEARLY_ALIKE;
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]! - ma, b[i]! - mb];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa * bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
}
