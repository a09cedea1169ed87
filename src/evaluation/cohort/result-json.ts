import type { CaseOptions, CohortCase, CohortCaseResult, ScoredCohortCase } from "./cohort-case.ts";

/** Grows when results of older versions must not be taken for today's. */
const SCHEMA = 1;
const NOTE = "Research software, not a medical device.";

/** What JSON has no number for, as text; only these three are read back as numbers, and only under the names of numbers. */
const NOT_FINITE: ReadonlySet<string> = new Set(["NaN", "Infinity", "-Infinity"]);
const NUMBERS: ReadonlySet<string> = new Set(["value", "min", "max", "prediction", "reference", "mae"]);

/** JSON that keeps NaN and the infinities, as text: plain JSON would make null of them. */
export function cohortJson(value: object, space?: number): string {
  return JSON.stringify(
    value,
    (_, v: unknown) => (typeof v === "number" && !Number.isFinite(v) ? String(v) : v),
    space,
  );
}

/** What a stored result must have been made of to count as this case's: undefined where that is unknown. */
export function resultKey({ fingerprint }: CohortCase, options: CaseOptions): string | undefined {
  if (fingerprint === undefined) return undefined;
  return JSON.stringify([options.preset, options.dataRange ?? null, fingerprint]);
}

/** A case's result as a file. */
export function encodeResult(result: CohortCaseResult, key: string | undefined): Uint8Array {
  return new TextEncoder().encode(`${cohortJson({ schema: SCHEMA, note: NOTE, key, result })}\n`);
}

/** The scored result in a file made by {@link encodeResult} under this key; undefined for any other file, also a damaged one. */
export function decodeResult(bytes: Uint8Array, key: string, id: string): ScoredCohortCase | undefined {
  try {
    const stored = JSON.parse(new TextDecoder().decode(bytes), (name, v: unknown) =>
      typeof v === "string" && NUMBERS.has(name) && NOT_FINITE.has(v) ? Number(v) : v,
    ) as { schema?: unknown; key?: unknown; result?: CohortCaseResult };
    const { result } = stored;
    const fits = stored.schema === SCHEMA && stored.key === key && result?.id === id;
    return fits && result.status === "scored" ? result : undefined;
  } catch {
    return undefined;
  }
}
