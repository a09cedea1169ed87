import { assert } from "../../base/errors/index.ts";
import { Random } from "../../base/random/index.ts";
import type { ImageOrigin } from "../../imaging/volume/index.ts";
import type { Case } from "./case.ts";

/** Shares of patients, each 0 to 1; they must add up to 1. */
export interface SplitShares {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

/** Options of {@link Dataset.fromCases}. */
export interface DatasetOptions {
  readonly name?: string;
  /** Default 0.8, 0.1, 0.1. */
  readonly split?: SplitShares;
  /** Decides which patient goes where. Default 0. */
  readonly seed?: number;
  /** What the images are of: models say what they were trained on. Default "patients". */
  readonly origin?: ImageOrigin;
}

/** The three parts of a {@link Dataset}. */
export type DatasetParts = Readonly<Record<keyof SplitShares, readonly Case[]>>;

/** Cases in three parts that share no patient (but see `sharedPatients`). Holds no voxels: volumes are loaded case by case. */
export class Dataset {
  readonly name: string;
  readonly origin: ImageOrigin;
  readonly train: readonly Case[];
  readonly validation: readonly Case[];
  readonly test: readonly Case[];

  /** From parts that are already split, e.g. by the authors of the data. */
  constructor(parts: DatasetParts, options: Pick<DatasetOptions, "name" | "origin"> = {}) {
    this.train = parts.train;
    this.validation = parts.validation;
    this.test = parts.test;
    this.name = options.name ?? "dataset";
    this.origin = options.origin ?? "patients";
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
   * Splits cases patient by patient, at random by seed. Every non-zero share gets at least one patient.
   *
   * @throws MidashError `invalid-argument` when there are fewer patients than non-empty parts
   */
  static fromCases(cases: readonly Case[], options: DatasetOptions = {}): Dataset {
    const {
      split = { train: 0.8, validation: 0.1, test: 0.1 },
      seed = 0,
      name = "dataset",
      origin,
    } = options;
    const shares = [split.train, split.validation, split.test];
    assert(
      shares.every((s) => s >= 0) && Math.abs(shares.reduce((a, b) => a + b, 0) - 1) < 1e-6,
      `the shares of a split must add up to 1, got ${shares.join(" + ")}`,
      { where: name },
    );
    const patients = [...new Set(cases.map(patientOf))].sort();
    const parts = shares.filter((s) => s > 0).length;
    assert(patients.length >= parts, `${patients.length} patient(s) can't be split into ${parts} parts`, {
      where: name,
      hint: ["give more cases", ["set a share of ", { option: "split" }, " to 0"]],
    });
    const order = Random.fork(seed, "split").shuffle(patients);
    const count = (share: number) => (share > 0 ? Math.max(1, Math.round(share * patients.length)) : 0);
    const test = count(split.test);
    const validation = Math.min(count(split.validation), patients.length - test - (split.train > 0 ? 1 : 0));
    const take = (from: number, to: number) => {
      const chosen = new Set(order.slice(from, to));
      return cases.filter((c) => chosen.has(patientOf(c)));
    };
    return new Dataset(
      {
        test: take(0, test),
        validation: take(test, test + validation),
        train: take(test + validation, order.length),
      },
      { name, origin },
    );
  }
}

function patientOf(c: Case): string {
  return c.patient ?? c.id;
}
