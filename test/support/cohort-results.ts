import { readFileSync } from "node:fs";
import {
  type CohortResult,
  JOINT_BINS,
  type ScoredCohortCase,
  summariseCohort,
} from "../../src/evaluation/cohort/index.ts";
import type { MetricReport, MetricValue } from "../../src/evaluation/metrics/index.ts";

/** What test/fixtures/metrics/make_cohort.py computed. */
export const GOLDEN = JSON.parse(
  readFileSync(new URL("../fixtures/metrics/cohort.json", import.meta.url), "utf8"),
) as {
  readonly ct: number[];
  readonly models: Readonly<Record<"a" | "b", Readonly<Record<"mae" | "me" | "ssim" | "sct", number[]>>>>;
  readonly aggregates: Readonly<
    Record<
      "mae" | "me" | "ssim",
      Readonly<Record<"mean" | "sd" | "min" | "q1" | "median" | "q3" | "max", number>> & {
        readonly interval: [number, number];
        readonly whiskers: [number, number];
        readonly outliers: number[];
      }
    >
  >;
  readonly paired: Readonly<
    Record<
      "mae" | "me" | "ssim",
      {
        readonly meanDifference: number;
        readonly interval: [number, number];
        readonly statistic: number;
        readonly p: number;
      }
    >
  >;
  readonly agreement: { readonly bias: number; readonly low: number; readonly high: number };
};

/** The id of the fixture's case n. */
export const idOf = (n: number) => `case ${n}`;

/** A scored case of these numbers; what is not given is made up. */
export function scoredCase(
  id: string,
  numbers: {
    readonly mae: number;
    readonly me?: number;
    readonly ssim?: number;
    readonly psnr?: number;
    readonly sct?: number;
    readonly ct?: number;
  },
): ScoredCohortCase {
  const { mae, me = 1, ssim = 0.9, psnr = 30, sct = 50, ct = 40 } = numbers;
  const common = { preset: "synthrad2023", dataRange: null, maskRule: "made up", voxels: 1000 } as const;
  const value = (v: number): MetricValue => ({ ...common, value: v, unit: "HU" });
  const report: MetricReport = {
    preset: "synthrad2023",
    simulated: true,
    patients: 1,
    mae: value(mae),
    me: value(me),
    rmse: value(1.3 * mae),
    psnr: {
      ...common,
      dataRange: [-1024, 3000],
      value: psnr,
      unit: "dB",
      ...(Number.isFinite(psnr) ? {} : { why: "prediction and reference are identical" }),
    },
    ssim: { ...common, value: ssim, dataRange: [-1024, 3000] },
    classes: [{ name: "bone", min: 150, max: Number.POSITIVE_INFINITY, mae: value(2 * mae), me: value(-me) }],
  };
  const counts = new Array<number>(JOINT_BINS ** 2).fill(0);
  for (let n = 0; n < JOINT_BINS; n++) counts[n + JOINT_BINS * n] = n + 1;
  return {
    status: "scored",
    id,
    report,
    body: { prediction: sct, reference: ct, voxels: 1000 },
    worst: { index: 2, mae: 1.5 * mae, voxels: 100 },
    joint: { x: "sct", counts },
  };
}

/** The fixture's cohort of a model. */
export function goldenCohort(model: "a" | "b"): CohortResult {
  const { mae, me, ssim, sct } = GOLDEN.models[model];
  return summariseCohort(
    mae.map((v, n) =>
      scoredCase(idOf(n), { mae: v, me: me[n]!, ssim: ssim[n]!, sct: sct[n]!, ct: GOLDEN.ct[n]! }),
    ),
  );
}
