import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Files whose voxels lie in other files beside them. */
const HEADER = /\.(mhd|nhdr|hdr|hdr\.gz)$/i;

/** All files that a volume may be read from: of a header those of the same name beside it, of a folder all in it. */
export async function withCompanions(path: string): Promise<string[]> {
  if ((await stat(path)).isDirectory()) return (await readdir(path)).sort().map((name) => join(path, name));
  if (!HEADER.test(path)) return [path];
  const folder = dirname(path);
  const stem = basename(path).replace(HEADER, "");
  const beside = (await readdir(folder)).filter((name) => name.startsWith(`${stem}.`));
  return beside.sort().map((name) => join(folder, name));
}
