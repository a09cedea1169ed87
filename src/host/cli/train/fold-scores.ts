import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fail } from "../../../base/errors/index.ts";
import { type SampleSummary, summarise } from "../../../evaluation/cohort/index.ts";
import type { ScoredCase } from "../../../evaluation/scoring/index.ts";
import { RUN_METRICS } from "../../runs/index.ts";
import type { Output } from "../io/output.ts";

/** In the order that tables show them; all of the preset synthrad2023, in the body. */
const MEASURES = ["mae", "psnr", "ssim"] as const;
type Measure = (typeof MEASURES)[number];

const UNITS: Readonly<Record<Measure, string>> = { mae: "HU", psnr: "dB", ssim: "" };
const DIGITS: Readonly<Record<Measure, number>> = { mae: 1, psnr: 2, ssim: 4 };

/** A case as the model of the one fold scores that did not learn from it. */
export interface FoldCase extends Readonly<Record<Measure, number>> {
  readonly id: string;
  /** From 1. */
  readonly fold: number;
}

/** Scores of a cross-validation: each case counts once. */
export interface CrossValidation {
  readonly preset: "synthrad2023";
  readonly folds: number;
  readonly measures: readonly ({
    readonly name: Measure;
    readonly unit: string;
    readonly byFold: readonly number[];
  } & SampleSummary)[];
  readonly cases: readonly FoldCase[];
}

/** Reads what the folds, which are all done, found of their validation parts. @param folders in their order */
export async function crossValidation(folders: readonly string[]): Promise<CrossValidation> {
  const cases: FoldCase[] = [];
  for (const [n, folder] of folders.entries())
    for (const { id, reports } of await scoresOf(folder)) {
      const { mae, psnr, ssim } = reports.synthrad2023;
      cases.push({ id, fold: n + 1, mae: mae.value, psnr: psnr.value, ssim: ssim.value });
    }
  const measures = MEASURES.map((name) => {
    const byFold = folders.map(
      (_, n) => summarise(cases.filter(({ fold }) => fold === n + 1).map((one) => one[name])).mean,
    );
    return { name, unit: UNITS[name], byFold, ...summarise(cases.map((one) => one[name])) };
  });
  return { preset: "synthrad2023", folds: folders.length, measures, cases };
}

async function scoresOf(folder: string): Promise<readonly ScoredCase[]> {
  const where = join(folder, RUN_METRICS);
  try {
    return (JSON.parse(await readFile(where, "utf8")) as { readonly scores: readonly ScoredCase[] }).scores;
  } catch (cause) {
    return fail("invalid-file", "can't be read as the numbers of a fold", {
      where,
      hint: "remove it and run again: what the fold learnt stays",
      cause,
    });
  }
}

/** As a table: a row a measure, a column a fold, mean and spread over all cases at the end. */
export function foldTable({ folds, measures }: CrossValidation): {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
} {
  const head = ["", ...Array.from({ length: folds }, (_, n) => `fold ${n + 1}`), "all cases", "± SD"];
  const rows = measures.map(({ name, unit, byFold, mean, sd }) => {
    const text = (value: number) => value.toFixed(DIGITS[name]);
    return [
      `${name.toUpperCase()} in the body${unit && `, ${unit}`}`,
      ...byFold.map(text),
      text(mean),
      text(sd),
    ];
  });
  return { head, rows };
}

export function sayCrossValidation(output: Output, found: CrossValidation): void {
  const { head, rows } = foldTable(found);
  output.say(
    `Cross-validation over ${found.cases.length} cases (synthrad2023), each by the model that did not learn from it:`,
  );
  output.table(head, rows);
}
