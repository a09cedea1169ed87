import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { MidashErrorJson } from "../../../base/errors/index.ts";
import { cohortJson } from "../../../evaluation/cohort/index.ts";
import type { ImageOrigin } from "../../../imaging/volume/index.ts";
import { readFileBytes, writeFileAtomic } from "../files.ts";
import type { InputDigest } from "./case-key.ts";
import { PLACES, placesOf } from "./process-folder.ts";
import type { SettledPlan } from "./process-plan.ts";

const NOTE = "Research software, not a medical device.";

/** Beside a case's outputs. */
export const RECORD = "record.json";

interface AnyRecord {
  readonly schema: 1;
  readonly note: string;
  readonly id: string;
  /** SHA-256 of inputs, plan, models and version: the same key, the same outputs. Null where an input can't be read. */
  readonly key: string | null;
  readonly plan: SettledPlan;
  /** Of the package, and of Node. */
  readonly versions: { readonly midash: string; readonly node: string };
  /** Name of the machine. */
  readonly host: string;
  /** ISO 8601. */
  readonly started: string;
  readonly seconds: number;
  readonly inputs: Readonly<Record<string, InputDigest>>;
}

/** What was done to a case: beside its outputs. */
export interface DoneRecord extends AnyRecord {
  readonly status: "done";
  readonly key: string;
  /** Of names, sizes and times of the inputs: while it stays, they need not be read to know that they are the same. */
  readonly fingerprint: string | null;
  readonly model: {
    readonly names: string;
    readonly trainedOn: ImageOrigin;
    readonly each: readonly object[];
    /** What each is known by: digests of the files. */
    readonly identities: readonly string[];
  };
  /** What computed it. */
  readonly backend: string;
  readonly simulated: boolean;
  readonly warnings: readonly string[];
  /** By name in the case's folder. */
  readonly outputs: Readonly<Record<string, { readonly sha256: string; readonly bytes: number }>>;
  /** Measured against the case's CT; NaN and the infinities as text. Absent where there was none. */
  readonly metrics?: {
    readonly preset: string;
    readonly maskRule: string;
    readonly values: Readonly<Record<string, { readonly value: number | string; readonly unit?: string }>>;
  };
  /** Density classes. Absent where they were not asked for. */
  readonly classes?: readonly object[];
  /** More, as the model says it. */
  readonly facts: object;
}

/** Why a case has no outputs. */
export interface FailedRecord extends AnyRecord {
  /** `set-aside`: its processes died; it is not tried again unless that is asked for. */
  readonly status: "failed" | "set-aside";
  /** What, where and what to do, as data; `kind` `internal` is a fault of midash. */
  readonly error: MidashErrorJson;
  /** The same in one line. */
  readonly reason: string;
}

/** What became of a case. */
export type ProcessRecord = DoneRecord | FailedRecord;

/** Schema and note of every record. */
export const RECORD_HEAD = { schema: 1, note: NOTE } as const;

/** A record as a file, for people too. */
export function recordBytes(record: ProcessRecord): Uint8Array {
  return new TextEncoder().encode(`${cohortJson(record, 1)}\n`);
}

/** The record of a case that is done; undefined where there is none that can be read. */
export async function readDone(out: string, id: string): Promise<DoneRecord | undefined> {
  const record = await readRecord(join(placesOf(out, id).outputs, RECORD));
  return record?.status === "done" && record.id === id ? record : undefined;
}

/** The record of a case that failed. */
export async function readFailure(out: string, id: string): Promise<FailedRecord | undefined> {
  const record = await readRecord(placesOf(out, id).failure);
  return record && record.status !== "done" && record.id === id ? record : undefined;
}

/** @throws MidashError `io` */
export async function writeFailure(out: string, record: FailedRecord): Promise<void> {
  await writeFileAtomic(placesOf(out, record.id).failure, recordBytes(record));
}

/** Nothing of a case stands among the failed ones any more. */
export async function removeFailure(out: string, id: string): Promise<void> {
  await rm(placesOf(out, id).failure, { force: true });
}

/**
 * What became of all cases in a folder that `processCases` wrote, whoever did them, by id. A case that was done once and failed later, with other inputs, has two.
 *
 * @returns nothing where nothing was done yet
 */
export async function readRecords(out: string): Promise<readonly ProcessRecord[]> {
  const list = (folder: string) => readdir(join(out, folder)).catch(() => [] as string[]);
  const paths = [
    ...(await list(PLACES.cases)).map((name) => join(out, PLACES.cases, name, RECORD)),
    ...(await list(PLACES.failed)).map((name) => join(out, PLACES.failed, name)),
  ];
  const records: ProcessRecord[] = [];
  for (const path of paths) {
    const record = await readRecord(path);
    if (record) records.push(record);
  }
  return records.sort((a, b) => (a.id < b.id ? -1 : 1));
}

async function readRecord(path: string): Promise<ProcessRecord | undefined> {
  try {
    const record = JSON.parse(new TextDecoder().decode(await readFileBytes(path))) as ProcessRecord;
    return record.schema === 1 ? record : undefined;
  } catch {
    return undefined;
  }
}
