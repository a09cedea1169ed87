import { fail, type Warning } from "../../base/errors/index.ts";
import { type DisplayWindow, displayWindow } from "../../imaging/display/index.ts";
import {
  type CtSeriesOptions,
  dicom,
  encodeCtSeries,
  type FileListing,
  listFiles,
} from "../../imaging/formats/dicom/index.ts";
import {
  decodeVolume,
  type FileSource,
  type FormatReadOptions,
  type LeftOut,
  volumeFormats,
} from "../../imaging/formats/index.ts";
import type { Triple, Volume } from "../../imaging/volume/index.ts";

/** A file as a page has it. A `File` is one. */
export interface GivenFile {
  /** Its name, with the folders that it came in: "case1/mr.nii.gz". */
  readonly name: string;
  readonly content: Blob | Uint8Array;
}

/** One volume among the files that were given. */
export interface ShelfVolume {
  /** What to call it: the file's name, or the number and description of a DICOM series. */
  readonly name: string;
  /** "nifti", "dicom", ... */
  readonly format: string;
  /** DICOM's: "MR", "CT", ... */
  readonly modality?: string;
  /** Voxels along each axis, where they are known before the file is read. */
  readonly shape?: Triple;
  /** How many files it is made of. */
  readonly files: number;
  /** Why it can't be read, where that is known. */
  readonly problem?: string;
}

/** What is read of a file, and how to show it. */
export interface ReadVolume {
  readonly volume: Volume;
  /** What is black and what is white: `displayWindow(volume)`, for which all voxels were looked at. */
  readonly window: { readonly low: number; readonly high: number };
}

/** A synthetic CT as files. */
export interface CtSeriesFiles {
  /** File names to bytes, in the order of slices. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly warnings: readonly Warning[];
}

type Found =
  | { readonly file: FileSource }
  | { readonly series: string; readonly frame: number | undefined; readonly all: readonly FileSource[] };

/** Files in a worker: listed at once, each volume read when it is asked for. */
export class FileShelf {
  readonly volumes: readonly ShelfVolume[];
  /** Files that are no volume. */
  readonly leftOut: readonly LeftOut[];
  readonly #found: readonly Found[];
  readonly #files: ReadonlyMap<string, FileSource>;

  private constructor(listing: FileListing, files: readonly FileSource[]) {
    const single = listing.volumes.map(({ file, format }) => ({
      shown: { name: file.name!, format: format.name, files: 1 } satisfies ShelfVolume,
      found: { file } satisfies Found,
    }));
    const taken = new Set(listing.volumes.map(({ file }) => file));
    const all = files.filter((file) => !taken.has(file));
    const series = listing.series.flatMap((one) => {
      const { number, description, modality, uid, problem } = one;
      const title = `${[number, description].filter((part) => part !== undefined && part !== "").join(" ") || "DICOM series"}`;
      const volumes = one.volumes.length > 0 ? one.volumes : [undefined];
      return volumes.map((volume, frame) => ({
        shown: {
          name: volume?.label ? `${title}, ${volume.label}` : title,
          format: "dicom",
          modality,
          shape: volume?.shape,
          files: one.files,
          problem,
        } satisfies ShelfVolume,
        found: {
          series: uid ?? String(number),
          frame: volumes.length > 1 ? frame : undefined,
          all,
        } satisfies Found,
      }));
    });
    const every = [...single, ...series];
    this.volumes = every.map(({ shown }) => shown);
    this.#found = every.map(({ found }) => found);
    this.#files = new Map(files.map((file) => [file.name!, file]));
    this.leftOut = [
      ...listing.others,
      ...listing.unreadable.map(({ file, why }) => ({ file, why, doubtful: true })),
    ];
  }

  /** @throws MidashError `missing-package` or `aborted` */
  static async open(given: readonly GivenFile[], options: { readonly signal?: AbortSignal } = {}) {
    const files = given.map(sourceOf);
    return new FileShelf(await listFiles(files, { ...options, formats: volumeFormats }), files);
  }

  /** @throws MidashError as `decodeVolume` and `dicom.readFiles` do */
  async read(
    index: number,
    options: Pick<FormatReadOptions, "frame" | "signal"> & { readonly window?: DisplayWindow },
  ): Promise<ReadVolume> {
    const found = this.#at(index);
    const { window, ...how } = options;
    const volume =
      "file" in found
        ? await this.#decode(found.file, how)
        : await dicom.readFiles!(found.all, { ...how, series: found.series, frame: found.frame });
    return { volume, window: displayWindow(volume, window) };
  }

  /** `encodeCtSeries` of the series that volume `index` was read from. @throws MidashError `invalid-argument` where that was no DICOM */
  async ctSeries(
    sct: Volume,
    index: number,
    options: Omit<CtSeriesOptions, "source" | "series" | "onWarning">,
  ): Promise<CtSeriesFiles> {
    const found = this.#at(index);
    if ("file" in found)
      fail("invalid-argument", `"${found.file.name}" is no DICOM series`, {
        where: { call: "ctSeries" },
        hint: "save the synthetic CT as NIfTI",
      });
    const warnings: Warning[] = [];
    const onWarning = (warning: Warning) => void warnings.push(warning);
    const { all: source, series } = found;
    return { files: await encodeCtSeries(sct, { ...options, source, series, onWarning }), warnings };
  }

  #at(index: number): Found {
    const found = this.#found[index];
    if (!found)
      fail("invalid-argument", `volume ${index} is outside 0 to ${this.#found.length - 1}`, {
        where: { call: "read" },
      });
    return found;
  }

  async #decode(file: FileSource, options: FormatReadOptions): Promise<Volume> {
    const name = file.name!;
    const folder = name.slice(0, name.lastIndexOf("/") + 1);
    const companion = async (beside: string) => this.#files.get(folder + beside)?.read();
    return decodeVolume(await file.read(), { ...options, name, companion, owned: true });
  }
}

/** Of which no more is read than is asked for. */
export function sourceOf({ name, content }: GivenFile): FileSource {
  if (content instanceof Uint8Array)
    return { name, read: async (most = content.length) => content.slice(0, most) };
  return {
    name,
    read: async (most = content.size) => {
      try {
        return new Uint8Array(await content.slice(0, most).arrayBuffer());
      } catch (cause) {
        return fail("io", "can't be read any more", {
          where: name,
          hint: "choose the file again: it was moved or changed",
          cause,
        });
      }
    },
  };
}
