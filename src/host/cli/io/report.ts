import { version } from "../../../../package.json";
import type { LabelReport } from "../../../evaluation/metrics/index.ts";
import {
  type ReportCase,
  type ReportContent,
  type ReportOptions,
  reportHtml,
} from "../../../evaluation/report/index.ts";
import { SCORED_REGION } from "../../../evaluation/scoring/index.ts";
import type { ModelBundle } from "../../../road/model-file/index.ts";
import type { TestScores } from "../train/score-model.ts";
import type { TrainingEnd } from "../train/watch-training.ts";
import type { Output } from "./output.ts";

/** What the file is called in every folder of results. */
export const REPORT = "report.html";

/** What ran. */
export const VERSIONS = `@midash/core ${version}, Node ${process.versions.node}`;

/** The report's bytes, with a bar while its images are made. The versions that ran stand among its facts. */
export async function reportBytes(
  content: ReportContent,
  { output, signal }: { readonly output: Output; readonly signal: AbortSignal },
  how: Pick<ReportOptions, "axes"> = {},
): Promise<Uint8Array> {
  const facts = { ...content.facts, Versions: VERSIONS };
  const bar = output.progress("report");
  const onProgress = ({ done, total }: { done: number; total: number }) => bar.update(done, total, "slices");
  const text = await reportHtml({ ...content, facts }, { ...how, signal, onProgress }).finally(() =>
    bar.stop(),
  );
  return new TextEncoder().encode(text);
}

/** All test cases, the first few with their volumes. */
export function testedCases(scores: TestScores | null): NonNullable<ReportContent["cases"]> {
  return (scores?.cases ?? []).map((scored, n) => {
    const { mr, sct, ct, mask } = scores?.shown[n] ?? {};
    const measures = Object.entries(scored.labels).flatMap(([output, report]) =>
      labelMeasures(report).map(({ name, value }) => ({ name: `${output}: ${name}`, value })),
    );
    return { ...scored, mr, sct, ct, mask, maskRule: SCORED_REGION, measures };
  });
}

/** How the test went without each input that the model can do without. */
export function testNotes(scores: TestScores | null): readonly string[] {
  return Object.entries(scores?.without ?? {}).map(
    ([name, { mae }]) =>
      `The same cases without ${name}: MAE ${mae.value.toFixed(1)} HU in place of ${scores!.synthrad2023.mae.value.toFixed(1)} HU (synthrad2023).`,
  );
}

/** A report's values and what to call them. */
export function labelMeasures({ labels }: LabelReport): NonNullable<ReportCase["measures"]> {
  return labels.flatMap(({ label, name, dice, hd95, msd }) => {
    const of = name === undefined ? `label ${label}` : `label ${label} (${name})`;
    return [
      { name: `Dice, ${of}`, value: dice },
      { name: `HD95, ${of}`, value: hd95 },
      { name: `mean surface distance, ${of}`, value: msd },
    ];
  });
}

/** What was trained, for how long, by what. */
export function trainingFacts(bundle: ModelBundle, end: TrainingEnd): Record<string, string | number> {
  const { model, provenance } = bundle;
  return {
    Model: `${model.name}, ${end.parameters.toLocaleString("en")} parameters`,
    "Model config": Object.entries(model.config as object)
      .map(([key, value]) => `${key} ${JSON.stringify(value)}`)
      .join(", "),
    Training: `${end.epochs} epochs (${end.reason}); weights kept of epoch ${end.best.epoch}`,
    Backend: end.backend,
    Seed: provenance.seed,
  };
}
