/**
 * What a thread of `caseWorkers` runs: cases come as messages, results go back.
 *
 * @module
 */
import { parentPort } from "node:worker_threads";
import { answerCalls } from "../../base/calls/index.ts";
import { type CaseOptions, type CohortRole, evaluateCase } from "../../evaluation/cohort/index.ts";
import { fileCohortCase } from "./open-cohort.ts";

/** A case to evaluate: paths and plain data. */
export interface CaseTask {
  readonly id: string;
  readonly files: Readonly<Partial<Record<CohortRole, string>>>;
  /** Roles that the cohort has, also where this case has no file. */
  readonly wanted: Readonly<Record<"mask" | "mr", boolean>>;
  readonly options: Omit<CaseOptions, "signal">;
}

if (parentPort)
  answerCalls<CaseTask>(parentPort, async ({ id, files, wanted, options }) => ({
    value: await evaluateCase(fileCohortCase(id, files, { wanted }), options),
  }));
