import { randomUUID } from "node:crypto";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { assert, fail } from "../../../base/errors/index.ts";
import { fileRunStore, nameFolder } from "../../node/index.ts";
import { jsonBytes } from "../../runs/index.ts";
import { isFile, isThere } from "../io/paths.ts";

/** In each case's folder: what was made, by what. It is there when the case is whole. */
const RECORD = "sct.json";

/** What became of a case that is whole. */
export interface CaseRecord {
  /** All that decided what came out. */
  readonly settings: object;
  /** Names in the case's folder. */
  readonly files: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * What an earlier run left of a case.
 *
 * @returns its record when it is whole; undefined when there is nothing
 * @throws MidashError `invalid-argument` when the folder is somebody else's
 */
export async function earlierCase(folder: string): Promise<CaseRecord | undefined> {
  if (!(await isThere(folder))) return undefined;
  const path = join(folder, RECORD);
  if (!(await isFile(path)))
    return fail("invalid-argument", "is there, and holds no case that synthesize made", {
      where: folder,
      hint: "choose another <out>, or move it away",
    });
  try {
    return JSON.parse(await readFile(path, "utf8")) as CaseRecord;
  } catch {
    return fail("invalid-file", "is not JSON", { where: path, hint: "remove the case's folder" });
  }
}

/**
 * Makes a case's folder whole or not at all: `work` writes into a temporary one beside it, which is then renamed; one of an earlier run is replaced then.
 * What a killed process leaves is swept up by the next one that locks the folder.
 *
 * @param root the folder of the cohort
 */
export async function makeCaseFolder(
  root: string,
  id: string,
  work: (folder: string) => Promise<CaseRecord>,
): Promise<CaseRecord> {
  assert(/^[^/\\\0]+$/.test(id) && !id.startsWith("."), `"${id}" can't be the name of a folder`, {
    where: id,
    hint: "call the case otherwise",
  });
  const temporary = () => join(root, `.${id}.${randomUUID()}.tmp`);
  const [fresh, old, target] = [temporary(), temporary(), join(root, id)];
  try {
    await mkdir(fresh);
    const record = await work(fresh);
    await fileRunStore(fresh).write(RECORD, jsonBytes(record));
    await nameFolder(fresh, target, old);
    return record;
  } finally {
    for (const folder of [fresh, old]) await rm(folder, { recursive: true, force: true });
  }
}
