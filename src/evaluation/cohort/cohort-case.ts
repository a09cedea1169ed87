import type { ErrorKind, MidashErrorJson, Warning } from "../../base/errors/index.ts";
import type { Volume } from "../../imaging/volume/index.ts";
import type { MetricPreset, MetricReport } from "../metrics/index.ts";
import type { BodyMeans, JointCounts, WorstSlice } from "./case-figures.ts";

/** A volume that is loaded when its case's turn comes. Every `VolumeRef` is one. */
export interface CohortVolume {
  /** @throws MidashError `aborted`, or what the file's reading throws: then the case is reported with that reason */
  load(signal?: AbortSignal): Promise<Volume>;
}

/** What a volume of a case is. */
export type CohortRole = "prediction" | "reference" | "mask" | "mr";

/** One patient of a cohort: a synthetic CT, the CT, and what else there is. All share one grid. */
export interface CohortCase {
  readonly id: string;
  /** The synthetic CT, in HU. */
  readonly prediction: CohortVolume;
  /** The CT, in HU. */
  readonly reference: CohortVolume;
  /** Voxels above 0 count. Without it the presets `synthrad2023` and `synthrad2025` count the body of the reference. */
  readonly mask?: CohortVolume;
  /** For figures only: a case whose MR can't be used is still scored, with a note. */
  readonly mr?: CohortVolume;
  /** Another text when any of the files has changed. Without it a stored result is never taken for this case's. */
  readonly fingerprint?: string;
  /** Paths of what is read, by role. Cases with these can be evaluated in other threads. */
  readonly files?: Readonly<Partial<Record<CohortRole, string>>>;
}

/** How to evaluate a case. Plain data but for `signal`. */
export interface CaseOptions {
  readonly preset: MetricPreset;
  /** HU to clip to, for presets that let one choose; see `Metrics.evaluate`. */
  readonly dataRange?: readonly [low: number, high: number];
  readonly signal?: AbortSignal;
}

/** A case that was measured. Plain data. */
export interface ScoredCohortCase {
  readonly status: "scored";
  readonly id: string;
  readonly report: MetricReport;
  /** Mean HU of both where voxels count, for Bland-Altman. */
  readonly body: BodyMeans;
  /** The axial slice with the highest MAE; null where no slice holds enough counted voxels. */
  readonly worst: WorstSlice | null;
  /** How often pairs of values occur where voxels count. */
  readonly joint: JointCounts;
  /** What could not be used and took no part in the scores: an MR that is missing or on another grid. */
  readonly note?: string;
  /** What is doubtful about its CTs: values that do not look like HU. Absent when nothing is. */
  readonly warnings?: readonly Warning[];
  /** The error that `note` tells of, as data. */
  readonly error?: MidashErrorJson;
}

/** A case that could not be measured, and why. Plain data. */
export interface FailedCohortCase {
  readonly status: "failed";
  readonly id: string;
  readonly kind: ErrorKind;
  readonly reason: string;
  /** The same as data. */
  readonly error: MidashErrorJson;
}

/** What became of a case. */
export type CohortCaseResult = ScoredCohortCase | FailedCohortCase;

/** The cases that were measured. */
export function scoredOf(cases: readonly CohortCaseResult[]): ScoredCohortCase[] {
  return cases.filter((one) => one.status === "scored");
}
