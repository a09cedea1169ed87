import { assert, MidashError, throwIfAborted } from "../../base/errors/index.ts";
import { assertSameGrid, bodyMask, reorient, type Volume } from "../../imaging/volume/index.ts";
import { type MetricPreset, type MetricReport, Metrics, metricsOf } from "../metrics/index.ts";
import type { CaseOptions, CohortCase, CohortCaseResult } from "./case.ts";
import { caseFigures } from "./case-figures.ts";

/** Presets that score the body of the reference where no mask is given; the others say themselves what they do then. */
const IN_BODY: ReadonlySet<MetricPreset> = new Set(["synthrad2023", "synthrad2025"]);
/** That body in words. */
const BODY = "the body of the CT (largest part above -300 HU, holes filled)";

/**
 * Loads and measures one case. Whatever is wrong with its files is reported in the result, so that the rest of a cohort goes on.
 * Memory: its volumes, their bytes while they are read, and a byte a voxel for the mask.
 *
 * @throws MidashError `aborted` only
 */
export async function evaluateCase(source: CohortCase, options: CaseOptions): Promise<CohortCaseResult> {
  const { id } = source;
  throwIfAborted(options.signal);
  try {
    return { status: "scored", id, ...(await measured(source, options)) };
  } catch (error) {
    if (MidashError.is(error) && error.kind === "aborted") throw error;
    throwIfAborted(options.signal);
    return failedCase(id, error);
  }
}

/** What became of a case whose evaluation threw. */
export function failedCase(id: string, error: unknown): CohortCaseResult {
  const kind = MidashError.is(error) ? error.kind : "internal";
  const message = error instanceof Error ? error.message : String(error);
  const where = MidashError.is(error) ? error.where : undefined;
  // The id stands beside it, and the name of a function says nothing to whoever reads a list of cases.
  const known = where === id || where === "Metrics.evaluate";
  return { status: "failed", id, kind, reason: known ? message.slice(`${where}: `.length) : message };
}

async function measured(source: CohortCase, { preset, dataRange, signal }: CaseOptions) {
  const prediction = reorient(await source.prediction.load(signal));
  const reference = reorient(await source.reference.load(signal));
  assertVaries(prediction, "prediction");
  assertVaries(reference, "reference");
  assertSameGrid(prediction, reference, ["prediction", "reference"], source.id);
  const given = source.mask && reorient(await source.mask.load(signal));
  const counted = given ?? bodyMask(reference);
  const mask = given ?? (IN_BODY.has(preset) ? counted : undefined);
  const report = await Metrics.evaluate(prediction, reference, { preset, dataRange, mask, signal });
  const { mr, note } = await usableMr(source, reference, signal);
  return {
    report: mask && !given ? inBody(report) : report,
    ...caseFigures(prediction, reference, counted, mr),
    ...(note === undefined ? {} : { note }),
  };
}

async function usableMr(
  source: CohortCase,
  reference: Volume,
  signal: AbortSignal | undefined,
): Promise<{ readonly mr?: Volume; readonly note?: string }> {
  if (!source.mr) return {};
  try {
    const mr = reorient(await source.mr.load(signal));
    assertSameGrid(mr, reference, ["MR", "reference"], source.id);
    return { mr };
  } catch (error) {
    if (!MidashError.is(error) || error.kind === "aborted") throw error;
    return { note: `without its MR: ${error.message}` };
  }
}

/** A volume of one value is a failed export, not a synthetic CT, and would be scored all the same. NaN never equals itself: the metrics report it later. */
function assertVaries({ data, scaling }: Volume, name: string): void {
  const first = data[0]!;
  for (let i = 1; i < data.length; i++) if (data[i] !== first) return;
  const value = scaling.slope * first + scaling.intercept;
  assert(false, `the ${name} is constant: ${value} in every voxel`, { hint: "check how it was made" });
}

/** The library was given the mask, nobody gave it to us: its words say so. */
function inBody(report: MetricReport): MetricReport {
  const renamed = metricsOf(report).map(([name, value]) => {
    const maskRule = value.maskRule.replace("the given mask (above 0)", BODY);
    return [name, { ...value, maskRule }] as const;
  });
  const classes = report.classes?.map((one) => ({
    ...one,
    mae: { ...one.mae, maskRule: one.mae.maskRule.replace("the given mask (above 0)", BODY) },
    me: { ...one.me, maskRule: one.me.maskRule.replace("the given mask (above 0)", BODY) },
  }));
  return { ...report, ...Object.fromEntries(renamed), ...(classes ? { classes } : {}) };
}
