import type { HU_WINDOWS, HuWindow } from "../../imaging/hounsfield/index.ts";
import type { CohortComparison } from "../cohort/index.ts";
import type { ReportCase } from "./content.ts";
import type { NamedCohort } from "./distribution-section.ts";
import type { NamedGroups } from "./groups-section.ts";

/** What a cohort's report is about. All strings may hold anything: they are escaped. */
export interface CohortReportContent {
  /** The heading, e.g. "midash evaluate". */
  readonly title: string;
  /** A sentence or two under the heading. */
  readonly lead?: string;
  /** What was run, on which data, with which versions, in this order. */
  readonly facts?: Readonly<Record<string, string | number>>;
  /** The cohort's results under the name of the model; a second one is drawn beside it. */
  readonly models: readonly [NamedCohort, NamedCohort?];
  /** Of each model, from `groupCohort`. */
  readonly groups?: readonly NamedGroups[];
  /** Of the two models, from `compareCohorts`. */
  readonly comparison?: CohortComparison;
  /** Loads a case of the first model again, for its picture: one case is in memory at a time. Without it there are no pictures. */
  readonly volumes?: (
    id: string,
    signal?: AbortSignal,
  ) => Promise<Pick<ReportCase, "mr" | "sct" | "ct" | "mask">>;
  /** Remarks under the metrics. */
  readonly notes?: readonly string[];
  /** Default: now. */
  readonly created?: Date;
}

/** Options of `cohortReportHtml`. */
export interface CohortReportOptions {
  /** Pictures of so many cases, those with the highest MAE. Default 6. */
  readonly worst?: number;
  /** Window of sCT and CT: a name of `HU_WINDOWS`, or width and level. Default 2000/300: from air to cortical bone. */
  readonly window?: keyof typeof HU_WINDOWS | HuWindow;
  /** HU at the ends of the error's colours. Default 300. */
  readonly errorLimit?: number;
  readonly signal?: AbortSignal;
  /** Pictures drawn, of all. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}
