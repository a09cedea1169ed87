import { averageReports, type MetricReport } from "../../../evaluation/metrics/index.ts";
import { type MontageRow, montagePng } from "../../../evaluation/report/index.ts";
import type { FittedLookup } from "../../../evaluation/scoring/index.ts";
import { type ScoredCase, type ScoredVolumes, scoreCases } from "../../../evaluation/scoring/index.ts";
import { reorient } from "../../../imaging/volume/index.ts";
import type { Backend } from "../../../networks/backends/index.ts";
import { type Case, withoutInputs } from "../../../road/data/index.ts";
import type { ModelBundle } from "../../../road/model-file/index.ts";
import type { Plugin } from "../../../road/plugin/index.ts";
import { Synthesizer } from "../../../road/synthesis/index.ts";
import type { Output } from "../io/output.ts";

/** A model's scores on cases that it never saw. */
export interface TestScores {
  readonly synthrad2023: MetricReport;
  readonly slice2d: MetricReport;
  readonly cases: readonly ScoredCase[];
  /** HU, mean over cases, on the voxels of synthrad2023's MAE. */
  readonly lookupMae: number;
  /** The same of the constant predictor. */
  readonly constantMae: number;
  /** How much lower the model's MAE is than the baseline's. Negative when it is higher. */
  readonly improvementPercent: number;
  /** The same cases without one of the inputs that the model can do without, by its name. Empty when no case has such an input. */
  readonly without: Readonly<Record<string, MetricReport>>;
  /** Overlap of labels that the model gives, one entry a label, means over the cases that have it. */
  readonly labels: readonly LabelMean[];
  /** The first few cases with their volumes: one at least. */
  readonly shown: readonly ScoredVolumes[];
}

/** How well one label was met. */
export interface LabelMean {
  /** The model's output. */
  readonly output: string;
  readonly label: number;
  readonly name: string;
  readonly dice: number;
  /** Of that label everywhere in the scored region. */
  readonly constantDice: number;
}

/** Cases whose volumes are kept for pictures, and bytes that they may take: of whole heads at 1 mm one takes 130 MB. */
const SHOWN = 4;
const SHOWN_BYTES = 2 ** 27;

/** Synthesises and scores every case; null when there is none. */
export async function testModel(
  bundle: ModelBundle,
  cases: readonly Case[],
  options: {
    readonly backend: Backend;
    readonly plugins?: readonly Plugin[];
    readonly baseline: FittedLookup;
    readonly output: Output;
    readonly signal: AbortSignal;
  },
): Promise<TestScores | null> {
  const { backend, plugins, baseline, output, signal } = options;
  const scored: ScoredCase[] = [];
  let shown: ScoredVolumes[] = [];
  const synthesizer = new Synthesizer(bundle, { backend, plugins });
  const without: Record<string, MetricReport> = {};
  let bar = output.progress("testing");
  try {
    bar.update(0, cases.length);
    // The first cases, whose volumes are kept, come last: they don't lie in memory beside those of all others.
    const results = scoreCases([...cases].reverse(), synthesizer, { baseline, signal });
    /** In a function of its own, so that nothing here holds a case's volumes while the next is made. */
    const testNext = async () => {
      const { done, value: result } = await results.next();
      if (done) return false;
      const { id, reports, lookupMae, constantMae, labels } = result;
      scored.unshift({ id, reports, lookupMae, constantMae, labels });
      const before = cases.length - scored.length;
      const isShown = before === 0 || (before < SHOWN && (before + 1) * bytesOf(result) <= SHOWN_BYTES); // were all before it as large
      shown = isShown ? [result, ...shown] : [];
      bar.update(scored.length, cases.length, id);
      return true;
    };
    while (await testNext());
    for (const { name, optional } of synthesizer.inputs) {
      if (!optional || !cases.some(({ inputs }) => name in inputs)) continue;
      bar.stop();
      bar = output.progress(`testing without ${name}`);
      const reports: MetricReport[] = [];
      const lacking = cases.map((source) => withoutInputs(source, [name]));
      for await (const { id, reports: found } of scoreCases(lacking, synthesizer, { signal })) {
        reports.push(found.synthrad2023);
        bar.update(reports.length, cases.length, id);
      }
      without[name] = averageReports(reports);
    }
  } finally {
    bar.stop();
    synthesizer.dispose();
  }
  if (scored.length === 0) return null;
  const synthrad2023 = averageReports(scored.map((c) => c.reports.synthrad2023));
  const mean = (of: (scored: ScoredCase) => number | null) =>
    scored.reduce((sum, c) => sum + (of(c) ?? Number.NaN), 0) / scored.length;
  const lookupMae = mean((c) => c.lookupMae);
  return {
    synthrad2023,
    slice2d: averageReports(scored.map((c) => c.reports.slice2d)),
    cases: scored,
    lookupMae,
    constantMae: mean((c) => c.constantMae),
    improvementPercent: 100 * (1 - synthrad2023.mae.value / lookupMae),
    without,
    labels: meanLabels(scored),
    shown,
  };
}

function bytesOf({ mr, sct, ct, mask, maps }: ScoredVolumes): number {
  return [mr, sct, ct, mask, ...Object.values(maps)].reduce((sum, { data }) => sum + data.byteLength, 0);
}

function meanLabels(cases: readonly ScoredCase[]): readonly LabelMean[] {
  const found = cases.flatMap(({ labels }) =>
    Object.entries(labels).flatMap(([output, report]) =>
      report.labels.map(({ label, name = String(label), dice }, n) => ({
        ...{ output, label, name },
        dice: dice.value,
        constantDice: report.constantDice[n]!,
      })),
    ),
  );
  const keys = [...new Set(found.map(({ output, label }) => `${output} ${label}`))];
  return keys.map((key) => {
    const of = found.filter(({ output, label }) => `${output} ${label}` === key);
    const mean = (pick: "dice" | "constantDice") => {
      const values = of.map((one) => one[pick]).filter(Number.isFinite);
      return values.reduce((sum, v) => sum + v, 0) / values.length;
    };
    return { ...of[0]!, dice: mean("dice"), constantDice: mean("constantDice") };
  });
}

/** Scores as plain numbers, for the last line of stdout. */
export function plainScores({ synthrad2023, slice2d: b, without, labels }: TestScores): object {
  const inBody = ({ mae, psnr, ssim }: MetricReport) => ({
    ...{ mae: mae.value, psnr: psnr.value, ssim: ssim.value },
    voxels: mae.voxels,
  });
  const lacking = Object.entries(without).map(([name, report]) => [name, inBody(report)]);
  return {
    synthrad2023: inBody(synthrad2023),
    slice2d: { ssim: b.ssim.value, psnr: b.psnr.value, mae: b.mae.value, slices: b.slices },
    ...(lacking.length > 0 ? { without: Object.fromEntries(lacking) } : {}),
    ...(labels.length > 0 ? { labels } : {}),
  };
}

/** The baselines as plain numbers. */
export function plainBaselines({ lookupMae, constantMae }: TestScores): object {
  return { lookup: { mae: lookupMae }, constant: { mae: constantMae } };
}

/** Numbers of another model, to stand beside. */
export interface Comparison {
  readonly name: string;
  readonly slice2d: { readonly ssim: number; readonly psnr: number };
}

/** The scores as a table for people. */
export function sayScores(output: Output, scores: TestScores, other?: Comparison): void {
  const { synthrad2023: a, slice2d: b, lookupMae } = scores;
  const columns = (...cells: string[]) => (other ? cells : cells.slice(0, -1));
  const none = "-";
  output.table(columns("", "this model", "lookup baseline", other?.name ?? ""), [
    columns("MAE in the body, HU", a.mae.value.toFixed(1), lookupMae.toFixed(1), none),
    ...Object.entries(scores.without).map(([name, { mae }]) =>
      columns(`MAE in the body without ${name}, HU`, mae.value.toFixed(1), lookupMae.toFixed(1), none),
    ),
    columns("PSNR in the body, dB (synthrad2023)", a.psnr.value.toFixed(2), none, none),
    columns("SSIM in the body (synthrad2023)", a.ssim.value.toFixed(4), none, none),
    columns(
      "SSIM of whole slices (slice2d)",
      b.ssim.value.toFixed(4),
      none,
      `${other?.slice2d.ssim.toFixed(4)}`,
    ),
    columns(
      "PSNR of whole slices, dB (slice2d)",
      b.psnr.value.toFixed(2),
      none,
      `${other?.slice2d.psnr.toFixed(2)}`,
    ),
    columns("MAE of whole slices, HU (slice2d)", b.mae.value.toFixed(1), none, none),
  ]);
  const percent = scores.improvementPercent;
  output.say(
    `The MAE in the body is ${Math.abs(percent).toFixed(0)} % ${percent >= 0 ? "below" : "above"} that of the lookup baseline, on the same voxels; the best constant has ${scores.constantMae.toFixed(1)} HU.`,
  );
  if (scores.labels.length === 0) return;
  output.table(
    ["Dice", "this model", "that label everywhere"],
    scores.labels.map(({ output, name, dice, constantDice }) => [
      `${output}: ${name}`,
      dice.toFixed(3),
      constantDice.toFixed(3),
    ]),
  );
}

/** MR, sCT, CT and error of the shown cases, each at slices through what was scored. */
export function montageOf(shown: readonly ScoredVolumes[]): Promise<Uint8Array> {
  const each = shown.length > 2 ? [0.5] : [0.35, 0.6];
  const rows = shown.map(
    ({ id, mr, sct, ct, mask }): MontageRow => ({ title: id, mr, sct, ct, slices: slicesIn(mask, each) }),
  );
  return montagePng(rows);
}

/** Axial slices at shares of those in which the mask has voxels, feet first. */
export function slicesIn(mask: ScoredVolumes["mask"], shares: readonly number[]): number[] {
  const ras = reorient(mask);
  const plane = ras.shape[0] * ras.shape[1];
  const full: number[] = [];
  for (let k = 0; k < ras.shape[2]; k++)
    if (ras.data.subarray(k * plane, (k + 1) * plane).some((v) => v !== 0)) full.push(k);
  const chosen = shares.map((share) => full[Math.min(full.length - 1, Math.floor(share * full.length))]!);
  return [...new Set(chosen)];
}
