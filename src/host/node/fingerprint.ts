import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { maskPath } from "./masks.ts";

/** Files whose voxels lie in other files beside them. */
const HEADER = /\.(mhd|nhdr|hdr|hdr\.gz)$/i;

/**
 * Tells one state of a case's files from another: names, sizes and times of all of them. Whoever changes a file and keeps its size sets another time.
 *
 * @param files by role or name; the mask may be NAME@FILE
 * @returns undefined where one can't be looked at
 */
export async function fingerprintOf(files: Readonly<Record<string, string>>): Promise<string | undefined> {
  const parts: string[] = [];
  try {
    for (const [role, path] of Object.entries(files)) {
      const { name = "", file: main } = role === "mask" ? await maskPath(path) : { file: path };
      if (name !== "") parts.push(`structure ${name}`);
      for (const file of await withCompanions(main)) {
        const { size, mtimeMs } = await stat(file);
        parts.push(`${role} ${resolve(file)} ${size} ${mtimeMs}`);
      }
    }
  } catch {
    return undefined; // gone meanwhile: whoever reads it will say so
  }
  return parts.join("; ");
}

/** All files that a volume may be read from: of a header those of the same name beside it, of a folder all in it. */
async function withCompanions(path: string): Promise<string[]> {
  if ((await stat(path)).isDirectory()) return (await readdir(path)).sort().map((name) => join(path, name));
  if (!HEADER.test(path)) return [path];
  const folder = dirname(path);
  const stem = basename(path).replace(HEADER, "");
  const beside = (await readdir(folder)).filter((name) => name.startsWith(`${stem}.`));
  return beside.sort().map((name) => join(folder, name));
}
