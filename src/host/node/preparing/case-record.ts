import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { CaseLook } from "../../../evaluation/quality/index.ts";
import type { CacheEntry } from "../../../road/data/index.ts";
import { fileError, readFileBytes, writeFileAtomic } from "../files.ts";

/** What preparing a case found: written beside the shards, so that a second run does only what is missing, and several jobs can share the work. */
export interface CaseRecord {
  readonly schema: 1;
  /** Tells one state of the case's files and its preparation from another. A case without one is done anew each time. */
  readonly key: string | null;
  readonly look: CaseLook;
  /** A PNG in base64. */
  readonly picture: string;
  /** Its shard, where it is good by itself. */
  readonly entry: CacheEntry | null;
}

const RECORDS = "cases";
const ENDING = ".json";

/** Ids may hold what names of files can't. */
function pathOf(folder: string, id: string): string {
  return join(folder, RECORDS, encodeURIComponent(id) + ENDING);
}

/** @throws MidashError `io` */
export async function writeRecord(folder: string, record: CaseRecord): Promise<void> {
  await mkdir(join(folder, RECORDS), { recursive: true }).catch((cause) => {
    throw fileError(cause, folder, "write");
  });
  const text = `${JSON.stringify(record, null, 1)}\n`;
  await writeFileAtomic(pathOf(folder, record.look.id), new TextEncoder().encode(text));
}

/** Undefined where there is none, or none that can be read: it is made anew then. */
export async function readRecord(folder: string, id: string): Promise<CaseRecord | undefined> {
  try {
    const text = new TextDecoder().decode(await readFileBytes(pathOf(folder, id)));
    const record = JSON.parse(text) as CaseRecord;
    return record.schema === 1 && record.look.id === id ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Ids of all records that are there. */
export async function recordedIds(folder: string): Promise<readonly string[]> {
  const names = await readdir(join(folder, RECORDS)).catch(() => [] as string[]);
  return names
    .filter((name) => name.endsWith(ENDING) && !name.startsWith("."))
    .map((name) => decodeURIComponent(name.slice(0, -ENDING.length)));
}

/** @throws MidashError `io` */
export async function removeRecord(folder: string, id: string): Promise<void> {
  const path = pathOf(folder, id);
  await rm(path, { force: true }).catch((cause) => {
    throw fileError(cause, path, "write");
  });
}
