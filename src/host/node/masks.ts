import { mapInto } from "../../base/bytes/index.ts";
import { assert, fail } from "../../base/errors/index.ts";
import { holdsStructures, readStructure } from "../../imaging/formats/dicom/index.ts";
import { type FileSource, SNIFFED, type Source } from "../../imaging/formats/index.ts";
import { Volume } from "../../imaging/volume/index.ts";
import { fileSources } from "./file-sources.ts";
import { exists, isFile, isFolder } from "./files.ts";
import { folderFiles } from "./folder-files.ts";
import type { ReadVolumeOptions } from "./read-volume-options.ts";
import { readVolume } from "./volumes.ts";

/** Options of {@link readMask}. */
export interface ReadMaskOptions extends ReadVolumeOptions {
  /** The image that is masked, or what reads it when it is needed. Structures are drawn on its grid; volumes stay on their own. */
  readonly like: Volume | (() => Promise<Volume>);
  /** Reads what is a volume. Default: `readVolume` with these options. */
  readonly read?: (file: string) => Promise<Volume>;
}

/**
 * Reads a mask: a volume (`mask.nii.gz`), one label of a label map (`3@labels.nii.gz`), or a structure of a DICOM RTSTRUCT or SEG
 * (`Brain@rtstruct.dcm`; a number does as well; without a name where there is but one). A folder may hold the one RTSTRUCT or SEG, also
 * beside its images. Structures and labels come as uint8, 1 inside; `meta.notes` may say how they were drawn.
 *
 * @example
 * const brain = await readMask("Brain@rtstruct.dcm", { like: ct });
 *
 * @throws MidashError as `readVolume` and `readStructure` do; `not-found` for a label that no voxel has
 */
export async function readMask(path: string, options: ReadMaskOptions): Promise<Volume> {
  assert(typeof path === "string" && path !== "", "path must be a non-empty string", {
    where: { call: "readMask" },
  });
  const { like, read = (file) => readVolume(file, options), limits, signal } = options;
  const { name, file } = await maskPath(path);
  const source = await structureFile(file, options);
  if (source)
    return readStructure(source, {
      like: typeof like === "function" ? await like() : like,
      structure: name,
      limits,
      signal,
    });
  const volume = await read(file);
  return name === undefined ? volume : label(volume, name, file);
}

/** NAME@FILE in two. Both may hold an "@", so what exists decides. */
export async function maskPath(text: string): Promise<{ readonly name?: string; readonly file: string }> {
  if (await exists(text)) return { file: text };
  const parts = text.split("@");
  for (let n = 1; n < parts.length; n++) {
    const found = { name: parts.slice(0, n).join("@"), file: parts.slice(n).join("@") };
    if (found.name !== "" && (await exists(found.file))) return found;
  }
  const [name, ...file] = parts;
  return name === "" || file.length === 0 ? { file: text } : { name, file: file.join("@") };
}

/** The RTSTRUCT or SEG that a path stands for; `undefined` when it is something else. */
async function structureFile(path: string, options: ReadVolumeOptions): Promise<Source | undefined> {
  const { signal, maxFolderBytes } = options;
  const folder = await isFolder(path);
  if (!folder && !(await isFile(path))) return undefined;
  const names = folder ? (await folderFiles(path)).files : [path];
  const found: FileSource[] = [];
  for (const file of fileSources(names, { path, maxFolderBytes }))
    if (holdsStructures(await file.read(SNIFFED, signal))) found.push(file);
  if (found.length > 1)
    fail("invalid-argument", `holds ${found.length} RTSTRUCT or SEG: ${shown(found)}`, {
      where: path,
      hint: "give the path of one file",
    });
  const [file] = found;
  return file && { name: file.name, bytes: await file.read(undefined, signal) };
}

function shown(files: readonly FileSource[]): string {
  const names = files.slice(0, 8).map(({ name }) => name);
  return names.join(", ") + (files.length > 8 ? ", ..." : "");
}

/** 1 where a label map has the label. */
function label(volume: Volume, name: string, file: string): Volume {
  const wanted = /^-?\d+$/.test(name.trim()) ? Number(name) : undefined;
  if (wanted === undefined)
    return fail(
      "invalid-argument",
      `has no names: it is no RTSTRUCT or SEG, but ${volume.meta.format ?? "a volume"}`,
      {
        where: file,
        hint: `give a label's number instead of "${name}", or leave it out`,
      },
    );
  const { data, scaling } = volume;
  const mask = mapInto(new Uint8Array(data.length), data, (v) =>
    scaling.slope * v + scaling.intercept === wanted ? 1 : 0,
  );
  if (!mask.includes(1)) {
    const labels = [...new Set<number>(volume.values())].sort((a, b) => a - b);
    return fail(
      "not-found",
      `no voxel has label ${wanted}; there are: ${labels.slice(0, 40).join(", ")}${labels.length > 40 ? ", ..." : ""}`,
      { where: file },
    );
  }
  const { shape, affine, simulated, meta } = volume;
  return new Volume({ shape, affine, simulated, data: mask, meta: { ...meta, label: wanted } });
}
