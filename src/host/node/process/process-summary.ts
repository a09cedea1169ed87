import { join } from "node:path";
import { cohortJson, csvText } from "../../../evaluation/cohort/index.ts";
import { writeFileAtomic } from "../files.ts";
import { type ProcessRecord, RECORD_HEAD, readRecords } from "./process-record.ts";

/** What {@link writeSummary} writes, and what it counted. */
export interface ProcessSummary {
  readonly done: readonly string[];
  readonly failed: readonly { readonly id: string; readonly kind: string; readonly reason: string }[];
  readonly setAside: readonly { readonly id: string; readonly kind: string; readonly reason: string }[];
  /** Of the ids that were given, those of which nothing is there. */
  readonly pending: readonly string[];
}

const FILES = { json: "summary.json", csv: "summary.csv" } as const;

/**
 * Writes `summary.json` and `summary.csv` (a row a case) into a folder that `processCases` wrote, made of its records alone: at any time, by anybody.
 *
 * @param ids of the cases that there are to be. Default: those that have a record
 * @throws MidashError `io`
 */
export async function writeSummary(out: string, ids?: readonly string[]): Promise<ProcessSummary> {
  const wanted = ids && new Set(ids);
  const records = latest(await readRecords(out)).filter(({ id }) => wanted?.has(id) ?? true);
  const known = new Set(records.map(({ id }) => id));
  const reasons = (status: ProcessRecord["status"]) =>
    records.flatMap((one) =>
      one.status !== "done" && one.status === status
        ? [{ id: one.id, kind: one.error.kind, reason: one.reason }]
        : [],
    );
  const summary: ProcessSummary = {
    done: records.filter(({ status }) => status === "done").map(({ id }) => id),
    failed: reasons("failed"),
    setAside: reasons("set-aside"),
    pending: (ids ?? []).filter((id) => !known.has(id)),
  };
  const text = cohortJson({ ...RECORD_HEAD, ...summary, cases: records.map(row) }, 1);
  await writeFileAtomic(join(out, FILES.json), new TextEncoder().encode(`${text}\n`));
  await writeFileAtomic(join(out, FILES.csv), new TextEncoder().encode(csvOf(records)));
  return summary;
}

/** A case that was done, and failed later with other inputs, is a failed one. */
function latest(records: readonly ProcessRecord[]): readonly ProcessRecord[] {
  const byId = new Map<string, ProcessRecord>();
  for (const one of records) if (byId.get(one.id)?.status !== "failed") byId.set(one.id, one);
  return [...byId.values()];
}

function row(record: ProcessRecord): Readonly<Record<string, unknown>> {
  const { id, status, key, versions, host, started, seconds, plan } = record;
  const common = { id, status, key, version: versions.midash, host, started, seconds, preset: plan.preset };
  if (record.status !== "done") return { ...common, kind: record.error.kind, reason: record.reason };
  const { model, backend, simulated, warnings, metrics } = record;
  const values = Object.entries(metrics?.values ?? {}).map(([name, { value, unit }]) => [
    unit ? `${name}_${unit.toLowerCase()}` : name,
    value,
  ]);
  return {
    ...common,
    model: model.names,
    trained_on: model.trainedOn,
    backend,
    simulated,
    warnings,
    ...(metrics ? { mask_rule: metrics.maskRule } : {}),
    ...Object.fromEntries(values),
  };
}

/** Columns as they come, reasons last. */
function csvOf(records: readonly ProcessRecord[]): string {
  const rows = records.map(row);
  const last = ["kind", "reason", "warnings"];
  const found = [...new Set(["id", "status", ...rows.flatMap((one) => Object.keys(one))])];
  const columns = [...found.filter((name) => !last.includes(name)), ...last];
  const cell = (value: unknown) =>
    value === undefined || value === null ? "" : Array.isArray(value) ? value.join("; ") : String(value);
  return csvText([columns, ...rows.map((one) => columns.map((name) => cell(one[name])))]);
}
