import { assert } from "../../base/errors/index.ts";
import {
  type ContrastName,
  type PhantomSubject,
  phantomSubject,
  tissueClasses,
} from "../../imaging/phantom/index.ts";
import type { Triple, Volume } from "../../imaging/volume/index.ts";
import type { Case, VolumeRef } from "./case.ts";
import { Dataset } from "./dataset.ts";

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
    shape,
    spacing,
  } = options;
  for (const [part, n] of Object.entries(subjects))
    assert(Number.isInteger(n) && n >= 0, `subjects.${part} must be a whole number, got ${n}`, {
      where: { call: "phantomDataset" },
    });
  const simulate = lastOnly((subject, signal) =>
    phantomSubject({ seed, subject, contrasts, shape, spacing, signal }),
  );
  let next = 0;
  const make = () => phantomCase(next++, { contrasts, labels }, simulate);
  const cases = (n: number) => Array.from({ length: n }, make);
  const parts = {
    train: cases(subjects.train),
    validation: cases(subjects.validation),
    test: cases(subjects.test),
  };
  return new Dataset(parts, { name: `phantom (simulated), seed ${seed}`, simulated: true });
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

/** Remembers the last subject: a case's volumes are loaded one after the other, and come from one simulation. */
function lastOnly(simulate: Simulate): Simulate {
  let last: { subject: number; images: Promise<Images> } | undefined;
  return (subject, signal) => {
    if (last?.subject !== subject) {
      const images = simulate(subject, signal);
      const entry = { subject, images };
      images.catch(() => {
        if (last === entry) last = undefined; // a cancelled simulation must not be remembered
      });
      last = entry;
    }
    return last.images;
  };
}
