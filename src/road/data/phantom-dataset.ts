import { assert } from "../../base/errors/index.ts";
import { Random } from "../../base/random/index.ts";
import {
  type ContrastName,
  type PhantomSubject,
  phantomSubject,
  tissueClasses,
} from "../../imaging/phantom/index.ts";
import type { Triple, Volume } from "../../imaging/volume/index.ts";
import { type Case, type VolumeRef, withoutInputs } from "./case.ts";
import { Dataset } from "./dataset.ts";
import { lastOnly } from "./last-only.ts";

/** Options of {@link phantomDataset}. */
export interface PhantomDatasetOptions {
  /** Subjects in each part. Default 16, 2 and 3. */
  readonly subjects?: { readonly train: number; readonly validation: number; readonly test: number };
  /** Default 0. Same seed, same heads. */
  readonly seed?: number;
  /** Inputs in channel order. Default `["t1"]`. */
  readonly contrasts?: readonly ContrastName[];
  /** Besides `ct` a target `tissue`: the voxels' labels, numbered as in `PHANTOM_CLASSES`. Default false. */
  readonly labels?: boolean;
  /**
   * Shares of the training cases that lack an input, by its name: `{ t2: 1 / 3 }`. Which cases the seed decides. Validation and test lack none, so
   * that a model can be scored with and without it on the same heads. Default: none are lacking.
   */
  readonly missing?: Readonly<Record<string, number>>;
  /** Voxels along x, y, z. Default: the phantom's own. */
  readonly shape?: Triple;
  /** mm. Default: the phantom's own. */
  readonly spacing?: Triple;
}

/**
 * A cohort of simulated heads, each made when it is first needed. Subjects differ in shape, bone density, noise and
 * bias field; no subject is in two parts. Everything is marked simulated.
 */
export function phantomDataset(options: PhantomDatasetOptions = {}): Dataset {
  const {
    subjects = { train: 16, validation: 2, test: 3 },
    seed = 0,
    contrasts = ["t1"],
    labels = false,
    missing = {},
    shape,
    spacing,
  } = options;
  for (const [part, n] of Object.entries(subjects))
    assert(Number.isInteger(n) && n >= 0, `subjects.${part} must be a whole number, got ${n}`, {
      where: { call: "phantomDataset" },
    });
  const asked: readonly string[] = contrasts;
  for (const [name, share] of Object.entries(missing)) {
    const where = { call: "phantomDataset", option: "missing" };
    assert(asked.includes(name), `there is no input "${name}"`, {
      where,
      hint: `its inputs are ${asked.join(", ")}`,
    });
    assert(share >= 0 && share <= 1, `the share of "${name}" must be from 0 to 1, got ${share}`, { where });
  }
  assert(
    asked.some((name) => !missing[name]),
    "every input may be missing",
    {
      where: { call: "phantomDataset", option: "missing" },
      hint: "leave one out, so that no case has none",
    },
  );
  const simulate = lastOnly((subject: number, signal) =>
    phantomSubject({ seed, subject, contrasts, shape, spacing, signal }),
  );
  let next = 0;
  const make = () => phantomCase(next++, { contrasts, labels }, simulate);
  const cases = (n: number) => Array.from({ length: n }, make);
  const parts = {
    train: withoutSome(cases(subjects.train), missing, seed),
    validation: cases(subjects.validation),
    test: cases(subjects.test),
  };
  return new Dataset(parts, { name: `phantom (simulated), seed ${seed}`, origin: "phantoms" });
}

type Images = Pick<PhantomSubject, "inputs" | "ct" | "labels">;
type Simulate = (subject: number, signal?: AbortSignal) => Promise<Images>;

function phantomCase(
  subject: number,
  { contrasts, labels }: Required<Pick<PhantomDatasetOptions, "contrasts" | "labels">>,
  simulate: Simulate,
): Case {
  const ref = (pick: (images: Images) => Volume): VolumeRef => ({
    load: async (signal) => pick(await simulate(subject, signal)),
  });
  return {
    id: `phantom-${String(subject).padStart(3, "0")}`,
    inputs: Object.fromEntries(contrasts.map((name) => [name, ref((images) => images.inputs[name]!)])),
    targets: {
      ct: ref((images) => images.ct),
      ...(labels ? { tissue: ref((images) => tissueClasses(images.labels)) } : {}),
    },
  };
}

/** The cases, of which a share lacks each input. */
function withoutSome(
  cases: readonly Case[],
  missing: Readonly<Record<string, number>>,
  seed: number,
): Case[] {
  const lacking = Object.entries(missing).map(([name, share]) => {
    const drawn = Random.fork(seed, `missing/${name}`).shuffle(cases.map(({ id }) => id));
    return [name, new Set(drawn.slice(0, Math.round(share * cases.length)))] as const;
  });
  return cases.map((source) =>
    withoutInputs(
      source,
      lacking.filter(([, ids]) => ids.has(source.id)).map(([name]) => name),
    ),
  );
}
