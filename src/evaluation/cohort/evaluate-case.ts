import { assert, errorJson, errorText, MidashError, throwIfAborted } from "../../base/errors/index.ts";
import { doubtHu } from "../../imaging/hounsfield/index.ts";
import { assertSameGrid, bodyMask, reorient, type Volume } from "../../imaging/volume/index.ts";
import { BODY_OF_CT, type MetricPreset, Metrics } from "../metrics/index.ts";
import { caseFigures } from "./case-figures.ts";
import type {
  CaseOptions,
  CohortCase,
  CohortCaseResult,
  CohortRole,
  ScoredCohortCase,
} from "./cohort-case.ts";

/** Presets that score the body of the reference where no mask is given; the others say themselves what they do then. */
const IN_BODY: ReadonlySet<MetricPreset> = new Set(["synthrad2023", "synthrad2025"]);

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
export function failedCase(id: string, thrown: unknown): CohortCaseResult {
  const error = errorJson(thrown);
  // The id stands beside it, and the name of a function says nothing to whoever reads a list of cases.
  const { where } = error;
  const place = where === id ? undefined : typeof where === "object" ? where.option : where;
  return { status: "failed", id, kind: error.kind, reason: errorText({ ...error, where: place }), error };
}

async function measured(source: CohortCase, { preset, dataRange, signal }: CaseOptions) {
  const prediction = reorient(await source.prediction.load(signal));
  const reference = reorient(await source.reference.load(signal));
  assertVaries(prediction, "prediction");
  assertVaries(reference, "reference");
  const warnings = Object.entries({ prediction, reference }).flatMap(
    ([name, volume]) => doubtHu(volume, source.files?.[name as CohortRole] ?? name) ?? [],
  );
  assertSameGrid(prediction, reference, ["prediction", "reference"], source.id);
  const given = source.mask && reorient(await source.mask.load(signal));
  const counted = given ?? bodyMask(reference);
  const mask = given ?? (IN_BODY.has(preset) ? { volume: counted, name: BODY_OF_CT } : undefined);
  const report = await Metrics.evaluate(prediction, reference, { preset, dataRange, mask, signal });
  const { mr, ...lacking } = await usableMr(source, reference, signal);
  return {
    report,
    ...caseFigures(prediction, reference, counted, mr),
    ...lacking,
    ...(warnings.length > 0 ? { warnings } : {}),
  };
}

async function usableMr(
  source: CohortCase,
  reference: Volume,
  signal: AbortSignal | undefined,
): Promise<{ readonly mr?: Volume } & Pick<ScoredCohortCase, "note" | "error">> {
  if (!source.mr) return {};
  try {
    const mr = reorient(await source.mr.load(signal));
    assertSameGrid(mr, reference, ["MR", "reference"], source.id);
    return { mr };
  } catch (error) {
    if (!MidashError.is(error) || error.kind === "aborted") throw error;
    return { note: `without its MR: ${error.message}`, error: errorJson(error) };
  }
}

/** A volume of one value is a failed export, not a synthetic CT, and would be scored all the same. NaN never equals itself: the metrics report it later. */
function assertVaries({ data, scaling }: Volume, name: string): void {
  const first = data[0]!;
  for (let i = 1; i < data.length; i++) if (data[i] !== first) return;
  const value = scaling.slope * first + scaling.intercept;
  assert(false, `the ${name} is constant: ${value} in every voxel`, { hint: "check how it was made" });
}
