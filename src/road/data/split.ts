import { assert, fail, isNear } from "../../base/errors/index.ts";
import { Random } from "../../base/random/index.ts";
import { type Case, patientOf } from "./case.ts";
import { patientsByCentre, shareOut } from "./centres.ts";

/** Shares of patients, each 0 to 1; they must add up to 1. */
export interface SplitShares {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

/**
 * Who is in which part, by ids of cases or by patients. Without `train` all who are not named are trained on; with it they are left out, and the
 * dataset says so.
 */
export type SplitNames = Readonly<Partial<Record<keyof SplitShares, readonly string[]>>>;

/** A case that is in no part, and why. */
export interface LeftOutCase {
  readonly id: string;
  /** Default: the id. */
  readonly patient?: string;
  readonly why: string;
  /** True where its patient is in two parts of the split. */
  readonly torn?: boolean;
}

type Parts = Record<keyof SplitShares, readonly Case[]>;

/** Whether a split names cases, and does not give shares. */
export function isNamed(split: SplitShares | SplitNames): split is SplitNames {
  return Object.values(split).every((part) => part === undefined || Array.isArray(part));
}

/**
 * Patient by patient, at random by seed. Every non-zero share gets at least one patient. Where cases say their centre, each centre has in each part
 * what the part's size makes of it, to within one patient.
 *
 * @throws MidashError `invalid-argument` when there are fewer patients than non-empty parts
 */
export function byShares(
  cases: readonly Case[],
  split: SplitShares,
  { seed, where }: { readonly seed: number; readonly where: string },
): Parts {
  const shares = [split.train, split.validation, split.test];
  assert(
    shares.every((s) => s >= 0) && Math.abs(shares.reduce((a, b) => a + b, 0) - 1) < 1e-6,
    `the shares of a split must add up to 1, got ${shares.join(" + ")}`,
    { where },
  );
  const random = Random.fork(seed, "split");
  const centres = patientsByCentre(cases, random);
  const patients = centres.reduce((n, { length }) => n + length, 0);
  const parts = shares.filter((s) => s > 0).length;
  assert(patients >= parts, `${patients} patient(s) can't be split into ${parts} parts`, {
    where,
    hint: ["give more cases", ["set a share of ", { option: "split" }, " to 0"]],
  });
  const count = (share: number) => (share > 0 ? Math.max(1, Math.round(share * patients)) : 0);
  // The parts that come later keep one patient each, where they have a share at all.
  const kept = (share: number) => (share > 0 ? 1 : 0);
  const test = Math.min(count(split.test), patients - kept(split.validation) - kept(split.train));
  const validation = Math.min(count(split.validation), patients - test - kept(split.train));
  const sizes = [test, validation, patients - test - validation];
  const [tested, validated, trained] = shareOut(centres, sizes, random).map((chosen) =>
    cases.filter((c) => chosen.has(patientOf(c))),
  );
  return { test: tested!, validation: validated!, train: trained! };
}

/** Which part of a cross-validation: see `Dataset.fold`. */
export interface Fold {
  /** Into how many parts the patients are dealt, 2 or more. */
  readonly folds: number;
  /** Which of them validates, from 0; the others are trained on. */
  readonly fold: number;
}

/**
 * One fold of a cross-validation, patient by patient, at random by seed: over all folds each patient is in validation once. Folds differ by one patient
 * at most, in all and within each centre. Nobody is tested: see {@link Dataset.fold} for data of which a test part is kept out first.
 *
 * @throws MidashError `invalid-argument` for a fold that is not there, and when there are fewer patients than folds
 */
export function byFolds(
  cases: readonly Case[],
  { folds, fold, seed, where }: Fold & { readonly seed: number; readonly where: string },
): Parts {
  const isWhole = Number.isInteger(folds) && folds >= 2;
  assert(isWhole, `folds must be a whole number from 2 up, got ${folds}`, {
    where,
    hint: "5 is usual",
  });
  assert(Number.isInteger(fold) && fold >= 0 && fold < folds, `there is no fold ${fold} of ${folds}`, {
    where,
    hint: `folds count from 0 to ${folds - 1}`,
  });
  const patients = patientsByCentre(cases, Random.fork(seed, "folds")).flat();
  assert(patients.length >= folds, `${patients.length} patient(s) can't be dealt into ${folds} folds`, {
    where,
    hint: "give more cases, or take fewer folds",
  });
  // Dealt one after the other, centre after centre: so both the folds and their shares of each centre differ by one at most.
  const validated = new Set(patients.filter((_, n) => n % folds === fold));
  const isValidated = (one: Case) => validated.has(patientOf(one));
  return {
    train: cases.filter((one) => !isValidated(one)),
    validation: cases.filter(isValidated),
    test: [],
  };
}

/**
 * As the names say. Cases that are left out anyway may be named.
 *
 * @param options `skipTorn`: leave out all cases of a patient who is in two parts, and say so. Default false: that is refused
 * @throws MidashError `invalid-argument` for a name that is no case's and no patient's, and for a patient in two parts
 */
export function byNames(
  cases: readonly Case[],
  split: SplitNames,
  {
    where,
    without,
    skipTorn = false,
  }: { readonly where: string; readonly without: readonly LeftOutCase[]; readonly skipTorn?: boolean },
): { readonly parts: Parts; readonly leftOut: readonly LeftOutCase[] } {
  const known = [...new Set(cases.flatMap((c) => [c.id, patientOf(c)]))];
  const parts: Record<keyof SplitShares, Case[]> = { train: [], validation: [], test: [] };
  const leftOut: LeftOutCase[] = [];
  const absent = new Set(without.flatMap(({ id, patient = id }) => [id, patient]));
  for (const name of Object.values(split).flat() as readonly string[])
    assert(known.includes(name) || absent.has(name), `the split names "${name}", which is no case`, {
      where,
      hint: orMeant(name, known),
    });
  const named = cases.map((one) => ({ one, parts: partsNaming(one, split) }));
  const partsOfPatient = new Map<string, ReadonlySet<Part>>();
  for (const { one, parts } of named)
    partsOfPatient.set(patientOf(one), new Set([...(partsOfPatient.get(patientOf(one)) ?? []), ...parts]));
  for (const { one, parts: own } of named) {
    const patient = patientOf(one);
    const [first, other] = [...partsOfPatient.get(patient)!];
    if (other !== undefined && own.length > 0) {
      const what = `in two parts of the split, ${first} and ${other}`;
      if (!skipTorn)
        fail("invalid-argument", `"${patient}" is ${what}`, {
          where,
          hint: "keep all cases of a patient in one part",
        });
      leftOut.push({ id: one.id, ...patientIn(one), why: `is of a patient who is ${what}`, torn: true });
    } else if (own[0] === undefined)
      leftOut.push({ id: one.id, ...patientIn(one), why: "is in no part of the split" });
    else parts[own[0]].push(one);
  }
  return { parts, leftOut };
}

type Part = keyof SplitShares;

function patientIn({ patient }: Case): Pick<LeftOutCase, "patient"> {
  return patient === undefined ? {} : { patient };
}

/** The parts that name a case or its patient. None names it: training, where that names nobody. */
function partsNaming(one: Case, split: SplitNames): readonly Part[] {
  const named = (Object.entries(split) as [Part, readonly string[] | undefined][]).filter(
    ([, names]) => names?.includes(one.id) || names?.includes(patientOf(one)),
  );
  if (named.length === 0) return split.train ? [] : ["train"];
  return named.map(([part]) => part);
}

/** The name that may be misspelt, whose numbers and short codes are the same: others are other cases. */
function orMeant(name: string, known: readonly string[]): string {
  const numbers = (text: string) => (text.match(/\d+/g) ?? []).map(Number).join();
  const letters = (text: string) => text.toLowerCase().replace(/[^\p{L}]/gu, "");
  const own = letters(name);
  const meant = known.find((one) => {
    const its = letters(one);
    const most = Math.min(2, Math.floor(its.length / 4));
    return numbers(one) === numbers(name) && own[0] === its[0] && isNear(own, its, most);
  });
  if (meant !== undefined) return `did you mean "${meant}"?`;
  const more = known.length > 4 ? ` and ${known.length - 4} more` : "";
  return `cases are ${known.slice(0, 4).join(", ")}${more}`;
}
