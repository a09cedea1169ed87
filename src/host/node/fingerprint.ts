import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { maskPath } from "./masks.ts";
import { withCompanions } from "./with-companions.ts";

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
