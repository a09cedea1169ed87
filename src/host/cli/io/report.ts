import { version } from "../../../../package.json";
import { type ReportContent, reportHtml } from "../../../evaluation/report/index.ts";
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
): Promise<Uint8Array> {
  const facts = { ...content.facts, Versions: VERSIONS };
  const bar = output.progress("report");
  const onProgress = ({ done, total }: { done: number; total: number }) => bar.update(done, total, "slices");
  const text = await reportHtml({ ...content, facts }, { signal, onProgress }).finally(() => bar.stop());
  return new TextEncoder().encode(text);
}

/** All test cases, the first few with their volumes. */
export function testedCases(scores: TestScores | null): NonNullable<ReportContent["cases"]> {
  return (scores?.cases ?? []).map((scored, n) => {
    const { mr, sct, ct, mask } = scores?.shown[n] ?? {};
    return { ...scored, mr, sct, ct, mask, maskRule: SCORED_REGION };
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
