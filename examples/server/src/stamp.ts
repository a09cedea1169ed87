import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** What a file or a folder is known by while nobody reads it: names, sizes and times of all that is in it. Undefined where it went away meanwhile. */
export async function stampOf(path: string): Promise<string | undefined> {
  const hash = createHash("sha256");
  try {
    const inside = (await stat(path)).isDirectory() ? await readdir(path, { recursive: true }) : [];
    for (const name of ["", ...inside.sort()]) {
      const { size, mtimeMs } = await stat(join(path, name));
      hash.update(`${name}\0${size}\0${mtimeMs}\0`);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  return hash.digest("hex");
}
