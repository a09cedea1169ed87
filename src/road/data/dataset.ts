import { assert } from "../../base/errors/index.ts";
import type { ImageOrigin } from "../../imaging/volume/index.ts";
import { type Case, patientOf } from "./case.ts";
import {
  byFolds,
  byNames,
  byShares,
  type Fold,
  isNamed,
  type LeftOutCase,
  type SplitNames,
  type SplitShares,
} from "./split.ts";

/** What a {@link Dataset} says of itself. */
export interface DatasetFacts {
  readonly name?: string;
  /** What the images are of, as far as it is known before they are read; simulated ones in files say so themselves. Default "patients". */
  readonly origin?: ImageOrigin;
  /** Cases that were found and are in no part. Default: none. */
  readonly leftOut?: readonly LeftOutCase[];
  /** Names of what was found beside the cases and none of them uses, e.g. columns of a table. Default: none. */
  readonly unused?: readonly string[];
}

/** Options of {@link Dataset.fromCases}. */
export interface DatasetOptions extends DatasetFacts {
  /**
   * Shares of the patients, or names. Default 0.8, 0.1, 0.1: of the 180 patients of the brain task of SynthRAD2023 144, 18 and 18, as published
   * work splits them, and small cohorts keep most of theirs for training. Shares are met within each centre, too, where cases say theirs.
   */
  readonly split?: SplitShares | SplitNames;
  /** Decides which patient goes where, where shares split. Default 0. */
  readonly seed?: number;
  /** Leave patients out whose cases the names put in two parts, and say so in `leftOut`. Default false: they are refused. */
  readonly skipTorn?: boolean;
}

/** The three parts of a {@link Dataset}. */
export type DatasetParts = Readonly<Record<keyof SplitShares, readonly Case[]>>;

/** Cases in three parts that share no patient (but see `sharedPatients`). Holds no voxels: volumes are loaded case by case. */
export class Dataset {
  readonly name: string;
  readonly origin: ImageOrigin;
  /** Cases that were found and are in no part. */
  readonly leftOut: readonly LeftOutCase[];
  /** Names of what was found beside the cases and none of them uses, e.g. columns of a table. */
  readonly unused: readonly string[];
  readonly train: readonly Case[];
  readonly validation: readonly Case[];
  readonly test: readonly Case[];

  /** From parts that are already split, e.g. by the authors of the data. */
  constructor(parts: DatasetParts, options: DatasetFacts = {}) {
    this.train = parts.train;
    this.validation = parts.validation;
    this.test = parts.test;
    this.name = options.name ?? "dataset";
    this.origin = options.origin ?? "patients";
    this.leftOut = options.leftOut ?? [];
    this.unused = options.unused ?? [];
    assert(this.train.length > 0, "the training part is empty", {
      where: this.name,
      hint: "give more cases or a larger share",
    });
    for (const part of [parts.train, parts.validation, parts.test])
      for (const c of part)
        assert(
          Object.keys({ ...c.inputs, ...c.targets }).length > 0,
          `case "${c.id}" has no input and no target`,
          { where: this.name },
        );
  }

  /** Whether the images were computed, not measured. */
  get simulated(): boolean {
    return this.origin === "phantoms" || this.origin === "simulated heads";
  }

  /**
   * Patients that are trained on and tested too, on other slices: where one pair was split into slabs (`openDataset` with layout "pair"), and in
   * parts of your own making. Scores then say how well these patients are learnt, not how the model does on others.
   */
  get sharedPatients(): readonly string[] {
    const tested = new Set(this.test.map(patientOf));
    return [...new Set(this.train.map(patientOf))].filter((patient) => tested.has(patient));
  }

  /**
   * One fold of a cross-validation: who is trained on and who validates are dealt anew, patient by patient and evenly over centres, so that over all
   * folds each validates once; the test part stays out.
   *
   * @param fold `seed`: decides who is dealt where. Default 0
   * @throws MidashError `invalid-argument` for a fold that is not there, for fewer patients than folds, and for data whose parts share patients
   */
  fold({ seed = 0, ...fold }: Fold & { readonly seed?: number }): Dataset {
    const shared = this.sharedPatients;
    assert(
      shared.length === 0,
      `${shared[0]} is trained on and tested, so there is nobody to deal into folds`,
      {
        where: this.name,
        hint: "give a folder of several patients",
      },
    );
    const dealt = byFolds([...this.train, ...this.validation], { ...fold, seed, where: this.name });
    return new Dataset({ ...dealt, test: this.test }, this);
  }

  /**
   * Splits cases as the names say, else patient by patient, at random by seed; every non-zero share gets at least one patient then.
   *
   * @throws MidashError `invalid-argument` when there are fewer patients than non-empty parts, or for names that don't fit the cases
   */
  static fromCases(cases: readonly Case[], options: DatasetOptions = {}): Dataset {
    const {
      split = { train: 0.8, validation: 0.1, test: 0.1 },
      seed = 0,
      name = "dataset",
      skipTorn,
      ...facts
    } = options;
    if (!isNamed(split))
      return new Dataset(byShares(cases, split, { seed, where: name }), { name, ...facts });
    const without = facts.leftOut ?? [];
    const { parts, leftOut } = byNames(cases, split, { where: name, without, skipTorn });
    return new Dataset(parts, { name, ...facts, leftOut: [...without, ...leftOut] });
  }
}
