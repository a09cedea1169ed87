import { readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { fail } from "../../../base/errors/index.ts";
import { RUN_CONFIG } from "../../runs/index.ts";

/** Folders within folders that are looked into: runs of folds of trials of a sweep. */
const DEPTH = 4;

/** Folders below one that hold a run, itself among them, in the order of the alphabet; their paths go from `folder`. */
export async function findRuns(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  const look = async (path: string, depth: number): Promise<void> => {
    const entries = await readdir(path, { withFileTypes: true });
    if (entries.some((entry) => entry.isFile() && entry.name === RUN_CONFIG))
      found.push(relative(folder, path) || ".");
    if (depth === 0) return;
    const below = entries.filter((entry) => entry.isDirectory() && !/^(\.|node_modules$)/.test(entry.name));
    for (const { name } of below.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true })))
      await look(join(path, name), depth - 1);
  };
  await look(folder, DEPTH).catch((cause: NodeJS.ErrnoException) =>
    fail("not-found", cause.code === "ENOENT" ? "no such folder" : `can't be read (${cause.code})`, {
      where: folder,
      hint: "check the path",
      cause,
    }),
  );
  return found;
}
