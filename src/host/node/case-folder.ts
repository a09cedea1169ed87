import { basename, join } from "node:path";
import { assert, fail, MidashError } from "../../base/errors/index.ts";
import { dicom } from "../../imaging/formats/dicom/index.ts";
import { SNIFFED, type VolumeFormat } from "../../imaging/formats/index.ts";
import { takenForHu } from "../../imaging/hounsfield/index.ts";
import type { Unit, Volume } from "../../imaging/volume/index.ts";
import { type Case, USUAL_INPUTS, type VolumeRef } from "../../road/data/index.ts";
import { fileFormats } from "./file-formats.ts";
import { readFileHead } from "./files.ts";
import { folderFiles } from "./folder-files.ts";
import { imageMarks } from "./image-mark.ts";
import { readMask } from "./masks.ts";
import { readVolume } from "./volumes.ts";

/** In words, for messages. */
export const INPUT_FILES = USUAL_INPUTS.join("|");

/** "(.nii, .nii.gz, ...)": how the files may end, for messages. */
export function endings(formats: readonly VolumeFormat[] = fileFormats): string {
  return `(${formats.flatMap((format) => format.extensions).join(", ")})`;
}

/** What lies in a folder that may be a case: paths by name without extension ("mr", "ct", "mask"). */
export type CaseFiles = ReadonlyMap<string, string>;

/**
 * Names of what is in a folder, links followed; what begins with a dot does not count.
 *
 * @throws MidashError `not-found` or `io`; `invalid-file` for a link that leads nowhere
 */
export async function entriesOf(folder: string): Promise<{ files: string[]; folders: string[] }> {
  const { files, folders, leftOut } = await folderFiles(folder).catch((error) => {
    throw MidashError.is(error) && error.kind === "not-found" ? noFolder(folder, error) : error;
  });
  const names = (paths: readonly string[]) =>
    paths.map((path) => basename(path)).filter((name) => !name.startsWith("."));
  const lost = leftOut.find(({ file, doubtful }) => doubtful && names([file]).length > 0);
  if (lost) fail("invalid-file", lost.why, { where: lost.file, hint: "get the file, or remove the link" });
  return { files: names(files), folders: names(folders) };
}

/** A folder that is not there, or is a file, in words of folders. */
function noFolder(folder: string, { cause }: MidashError): MidashError {
  const isFile = (cause as NodeJS.ErrnoException | undefined)?.code === "ENOTDIR";
  return new MidashError("not-found", isFile ? "is a file, not a folder" : "no such folder", {
    where: folder,
    hint: isFile ? "give a folder" : "check the path",
    cause,
  });
}

/** A volume in a folder, and its name without extension. */
export interface NamedVolume {
  readonly name: string;
  readonly path: string;
}

/** The volumes among `files`; a header with its file of voxels (.hdr, .mhd) is one. */
export function volumesAmong(
  folder: string,
  files: readonly string[],
  formats: readonly VolumeFormat[] = fileFormats,
): readonly NamedVolume[] {
  const extensions = formats.flatMap((format) => format.extensions).sort((a, b) => b.length - a.length);
  return files.flatMap((file) => {
    const extension = extensions.find((e) => file.toLowerCase().endsWith(e));
    return extension ? [{ name: file.slice(0, -extension.length), path: join(folder, file) }] : [];
  });
}

/** Those of `folders` that hold DICOM files: by the first file in them. */
export async function dicomFolders(
  folder: string,
  folders: readonly string[],
): Promise<readonly NamedVolume[]> {
  const found: NamedVolume[] = [];
  for (const name of folders) {
    const path = join(folder, name);
    const first = (await entriesOf(path)).files.find((file) => file !== "DICOMDIR");
    if (first && dicom.sniff(await readFileHead(join(path, first), SNIFFED))) found.push({ name, path });
  }
  return found;
}

/** Paths by name, in lower case. @throws MidashError `invalid-argument` when a name is there twice */
export function byName(folder: string, volumes: readonly NamedVolume[]): CaseFiles {
  const found = new Map<string, string>();
  for (const { name, path } of volumes) {
    const key = name.toLowerCase();
    const other = found.get(key);
    assert(
      other === undefined,
      `holds ${key} twice, as ${other && basename(other)} and as ${basename(path)}`,
      {
        where: folder,
        hint: "remove one, so that it is clear which counts",
      },
    );
    found.set(key, path);
  }
  return found;
}

/** What lies in a folder, by name. @throws MidashError `invalid-argument` when a name is there twice */
export function caseFiles(
  folder: string,
  files: readonly string[],
  formats?: readonly VolumeFormat[],
): CaseFiles {
  return byName(folder, volumesAmong(folder, files, formats));
}

/** Input names that a case has, in channel order. */
export function usualInputs(files: CaseFiles): string[] {
  return USUAL_INPUTS.filter((name) => files.has(name));
}

/** A case of the named inputs; its volumes are read when they are needed. */
export function fileCase(
  id: string,
  folder: string,
  files: CaseFiles,
  options: {
    readonly inputs: readonly string[];
    /** Of the inputs, those that may be absent. */
    readonly optional?: readonly string[];
    readonly labels?: readonly string[];
    /** Name of the structure, where the mask is an RTSTRUCT or SEG. */
    readonly structure?: string;
    readonly formats?: readonly VolumeFormat[];
  },
): Case {
  const { inputs, optional = [], structure, formats } = options;
  const fileRef = (path: string, unit: Unit) => refOf(path, unit, formats);

  const target = files.get("ct");
  if (!target)
    return fail("not-found", `holds MR but no file ct ${endings(formats)}`, {
      where: folder,
      hint: "add the CT, or move the folder away",
    });
  const wanted = inputs.filter((name) => files.has(name) || !optional.includes(name));
  const refs = wanted.map((name): [string, VolumeRef] => {
    const path = files.get(name);
    if (path) return [name, fileRef(path, "arbitrary")];
    const has = usualInputs(files).join(", ") || "none";
    return fail("not-found", `no input "${name}" ${endings(formats)}; inputs there: ${has}`, {
      where: folder,
      hint: [["choose ", { option: "inputs" }, " among these"]],
    });
  });
  const ct = fileRef(target, "HU");
  const file = files.get("mask");
  const mask = file !== undefined && structure !== undefined ? `${structure}@${file}` : file;
  const labels = Object.fromEntries(
    (options.labels ?? []).map((name): [string, VolumeRef] => {
      const path = files.get(name);
      if (path) return [name, fileRef(path, "unknown")];
      return fail("not-found", `no labels "${name}" ${endings(formats)}`, {
        where: folder,
        hint: "add the file, or leave these labels out",
      });
    }),
  );
  const names = [...refs.map(([name]) => name), "ct", ...(options.labels ?? [])];
  const paths = {
    ...Object.fromEntries(names.map((name) => [name, files.get(name)!])),
    ...(mask === undefined ? {} : { mask }),
  };
  return {
    id,
    inputs: Object.fromEntries(refs),
    targets: { ct, ...labels },
    files: paths,
    ...(mask ? { mask: maskRef(mask, ct, formats) } : {}),
    marks: (known) => imageMarks(paths, known),
  };
}

function refOf(path: string, unit: Unit, formats: readonly VolumeFormat[] | undefined): VolumeRef {
  return {
    async load(signal) {
      const read = oneFrame(path, await readVolume(path, { formats, frame: 0, signal }));
      return unit === "HU" ? takenForHu(read) : read.with({ unit });
    },
  };
}

/** On the CT's grid, where it is a structure. */
function maskRef(path: string, ct: VolumeRef, formats: readonly VolumeFormat[] | undefined): VolumeRef {
  return {
    load: async (signal) =>
      oneFrame(path, await readMask(path, { like: () => ct.load(signal), formats, frame: 0, signal })),
  };
}

/** A volume that is no series of frames. @throws MidashError `invalid-argument` */
export function oneFrame(path: string, volume: Volume): Volume {
  const { frames } = volume.meta;
  assert(frames === undefined, `is 4-D, ${frames} frames`, {
    where: path,
    hint: "save the frame that counts as a 3-D file",
  });
  return volume;
}
