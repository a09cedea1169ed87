import { readdir, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { assert, fail } from "../../../base/errors/index.ts";
import type { VolumeFormat } from "../../../imaging/formats/index.ts";
import { writeCtSeries } from "../../node/index.ts";
import { STANDARD } from "./standard-streams.ts";
import { type VolumeTarget, volumeTarget } from "./volume-target.ts";

/** Options of commands that can write a synthetic CT as DICOM. */
export interface DicomOptions {
  readonly dicomSource?: string;
  readonly description?: string;
  readonly anonymise?: boolean;
}

/** How they are said. */
export const DICOM_OPTIONS = [
  [
    "--dicom-source <folder>",
    "write <out> as a DICOM series of a synthetic CT, for the patient and study of this MR series",
  ],
  ["--description <text>", "goes behind 'SYNTHETIC CT (not for diagnosis)' in the series description"],
  ["--anonymise", "leave out of the DICOM series who the patient is"],
] as const;

/** Where a synthetic CT goes. */
export interface CtTarget extends VolumeTarget {
  readonly dicom: boolean;
}

/**
 * A file whose extension is known, standard output, or a new folder for a DICOM series. Refuses what can't be written, before any work.
 *
 * @param options `mr`: what the synthetic CT is made of; the folder of a series is the source, when `--dicom-source` names no other
 */
export async function ctTarget(
  out: string,
  options: DicomOptions & {
    readonly mr?: string;
    readonly inputs: readonly string[];
    readonly format?: string;
  },
  formats: readonly VolumeFormat[],
): Promise<CtTarget> {
  const { dicomSource, description, anonymise, inputs } = options;
  const lower = out.toLowerCase();
  const isFile =
    out === STANDARD ||
    formats.some((format) => format.write && format.extensions.some((end) => lower.endsWith(end)));
  const source = dicomSource ?? (isFile ? undefined : await folderOf(options.mr));
  if (source === undefined) {
    for (const [flag, given] of Object.entries({ "--anonymise": anonymise, "--description": description }))
      assert(given === undefined, "only a DICOM series has a place for it", {
        where: flag,
        hint: "add --dicom-source",
      });
    return { ...(await volumeTarget(out, options, formats)), dicom: false };
  }
  if (isFile)
    fail("invalid-argument", "a DICOM series is a folder, not a file", {
      where: out,
      hint: "give a folder without extension",
    });
  await assertNewFolder(out, [...inputs, source]);
  return {
    dicom: true,
    async write(sct, how) {
      await writeCtSeries(out, sct, { ...how, source, seriesDescription: description, anonymise });
    },
  };
}

async function folderOf(path: string | undefined): Promise<string | undefined> {
  const found = path === undefined ? undefined : await stat(path).catch(() => undefined);
  return found?.isDirectory() ? path : undefined;
}

async function assertNewFolder(out: string, inputs: readonly string[]): Promise<void> {
  if (inputs.some((input) => resolve(input) === resolve(out)))
    fail("invalid-argument", "is the input too", { where: out, hint: "write to another folder" });
  const found = await stat(out).catch(() => undefined);
  if (found && !found.isDirectory())
    fail("io", "is a file, not a folder", { where: out, hint: "give a new folder" });
  const entries = found ? await readdir(out) : [];
  assert(entries.length === 0, `the folder holds ${entries.length} entries`, {
    where: out,
    hint: "give a new or an empty one",
  });
}
