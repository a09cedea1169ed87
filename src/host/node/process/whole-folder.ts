import { rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { exists, syncFolder } from "../files.ts";

/**
 * Gives a folder that is whole its name, in place of one that is there.
 *
 * @param fresh on the same file system
 * @param old where the one that is there goes, to be removed
 * @returns false when another took the name just now: theirs stays
 */
export async function nameFolder(fresh: string, target: string, old: string): Promise<boolean> {
  if (await exists(target)) await rename(target, old);
  try {
    await rename(fresh, target);
  } catch (cause) {
    if (["ENOTEMPTY", "EEXIST"].includes((cause as NodeJS.ErrnoException).code ?? "")) return false;
    throw cause;
  }
  await syncFolder(dirname(target));
  await rm(old, { recursive: true, force: true });
  return true;
}
