import { join } from "node:path";
import { fail } from "../../base/errors/index.ts";
import type { CohortRole } from "../../evaluation/cohort/index.ts";
import type { VolumeFormat } from "../../imaging/formats/index.ts";
import { caseFiles, entriesOf, usualInputs } from "./case-folder.ts";
import { fileFormats } from "./file-formats.ts";
import { columnById, type FindOptions, placeOf } from "./layouts/index.ts";

/** How files say what they are, by role: `1BA001_sct.mha`, `sct_1BA001.mha`, `1BA001/sct.mha`. */
const WORDS: Readonly<Record<CohortRole, string>> = {
  prediction: "sct",
  reference: "ct",
  mask: "mask",
  mr: "mr",
};
/** SynthRAD packs a folder of pictures of this name beside its cases. */
const NO_CASE = "overview";

interface Found {
  readonly id: string;
  readonly path: string;
  /** What the file's name says it is; undefined where it says nothing. */
  readonly role?: CohortRole;
}

/**
 * The volumes of one role in a folder, by case id: files `<id>.ext`, `<id>_sct.ext` or `sct_<id>.ext`, and folders `<id>` that hold
 * `sct.ext`, a folder `sct`, or a DICOM series. Files that say that they are something else (`<id>_mask.ext` among CTs) are left out, unless
 * all in the folder say the same. Of a table the column of the role's name, `ct`.
 *
 * @throws MidashError `not-found` when the folder is absent or holds none; `invalid-argument` when an id is there twice
 */
export async function volumesById(
  folder: string,
  role: CohortRole,
  { formats = fileFormats, columns }: Pick<FindOptions, "formats" | "columns"> = {},
): Promise<ReadonlyMap<string, string>> {
  if ((await placeOf(folder)).table) return columnById(folder, WORDS[role], { columns });
  const { files, folders } = await entriesOf(folder);
  const named = files.flatMap((file) => namedVolume(folder, file, formats) ?? []);
  const own = named.filter((one) => one.role === undefined || one.role === role);
  const others = new Set(named.map((one) => one.role));
  const flat = own.length === 0 && others.size === 1 ? named : own;
  const nested: Found[] = [];
  for (const id of folders.filter((name) => name.toLowerCase() !== NO_CASE)) {
    const path = await volumeInside(join(folder, id), role, formats);
    if (path !== undefined) nested.push({ id, path });
  }
  const found = new Map<string, string>();
  const twice: string[] = [];
  for (const { id, path } of [...flat, ...nested]) {
    const other = found.get(id);
    if (other !== undefined)
      twice.push(`${id} (${other.slice(folder.length + 1)} and ${path.slice(folder.length + 1)})`);
    else found.set(id, path);
  }
  if (twice.length > 0)
    fail(
      "invalid-argument",
      `${twice.length === 1 ? "an id is" : `${twice.length} ids are`} there twice: ${twice.join(", ")}`,
      { where: folder, hint: "remove one of each, so that it is clear which counts" },
    );
  const word = WORDS[role];
  if (found.size === 0)
    fail(
      "not-found",
      `no volumes here: looked for <id>.*, <id>_${word}.*, ${word}_<id>.* and <id>/${word}.* of the formats ${formats.map(({ name }) => name).join(", ")}`,
      { where: folder, hint: "check the path" },
    );
  return found;
}

function namedVolume(folder: string, file: string, formats: readonly VolumeFormat[]): Found | undefined {
  const extensions = formats.flatMap((format) => format.extensions).sort((a, b) => b.length - a.length);
  const extension = extensions.find((end) => file.toLowerCase().endsWith(end));
  if (!extension || file.length === extension.length) return undefined;
  const stem = file.slice(0, -extension.length);
  const path = join(folder, file);
  for (const [role, word] of Object.entries(WORDS) as [CohortRole, string][]) {
    const [, id] =
      new RegExp(`^(.+)[_.-]${word}$`, "i").exec(stem) ??
      new RegExp(`^${word}[_.-](.+)$`, "i").exec(stem) ??
      [];
    if (id !== undefined) return { id, path, role };
  }
  return { id: stem, path };
}

/** `sct.ext` or a folder `sct` in a case's folder; else the folder itself, where it is a DICOM series and nothing else. */
async function volumeInside(
  folder: string,
  role: CohortRole,
  formats: readonly VolumeFormat[],
): Promise<string | undefined> {
  const { files, folders } = await entriesOf(folder);
  const volumes = caseFiles(folder, files, formats);
  const word = WORDS[role];
  const name = volumes.has(word) || role !== "mr" ? word : (usualInputs(volumes)[0] ?? word);
  const file = volumes.get(name);
  if (file !== undefined) return file;
  const inside = folders.find((one) => one.toLowerCase() === word);
  if (inside !== undefined) return join(folder, inside);
  const series = files.length > 0 && files.every((one) => /\.(dcm|ima)$/i.test(one));
  return series ? folder : undefined;
}
