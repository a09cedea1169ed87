import type { Volume } from "../volume/index.ts";
import type { GzipEngine } from "./gzip.ts";

/** Where a format reads from: bytes in memory, and a way to ask for the files beside them. */
export interface Source {
  /** File name or path; error messages begin with it. */
  readonly name?: string;
  /** The whole file, still gzipped when it came so: see `isGzip` and `gunzip`. Never written to, unless `owned`. */
  readonly bytes: Uint8Array;
  /** The bytes are the reader's: a Volume may keep a view of them, and they may be changed in place. Default false. */
  readonly owned?: boolean;
  /** The bytes of a file beside this one (the .raw of a .mhd), or in a folder below ("slices/1.raw"), or `undefined` when there is none. */
  companion?(name: string): Promise<Uint8Array | undefined>;
}

/** A file of a folder, of which no more is read than is needed. A `Source` stands for one that is in memory. */
export interface FileSource {
  /** File name or path; error messages begin with it. */
  readonly name?: string;
  /**
   * Its first bytes, at most `most` of them, fewer only where the file ends; without that all. The bytes are the caller's.
   *
   * @param into memory for so many bytes, which may be used: of thousands of heads that are looked at one after the other
   */
  read(most?: number, signal?: AbortSignal, into?: Uint8Array): Promise<Uint8Array>;
}

/** A file that was found among those of a volume and is no part of it. */
export interface LeftOut {
  readonly file: string;
  /** In words that follow the name: "is a copy of IM2.dcm". */
  readonly why: string;
  /** Whether it could have been meant as part of the volume; false of reports, plans, and files of other kinds. */
  readonly doubtful: boolean;
}

/** Bytes of a file that {@link VolumeFormat.sniff} sees. */
export const SNIFFED = 544;

/** Bounds checked before memory is taken, so that a forged header can't exhaust it. */
export interface Limits {
  /** Most voxels in one volume. Default 2^29 (an 812³ cube): above any clinical scan, 2 GiB as float32. */
  readonly maxVoxels?: number;
  /**
   * Most times as many bytes as it has that a compressed file may unpack to. Default 250, counted only where it unpacks to more than
   * 256 MiB (or 8 bytes for each of `maxVoxels`, and 1 MiB, where that is less): gzip packs nothing denser than 1032-fold, and only volumes that are empty nearly everywhere come near that.
   */
  readonly maxRatio?: number;
}

/** Options of {@link VolumeFormat.read}. */
export interface FormatReadOptions {
  readonly limits?: Limits;
  /** Which 3-D frame of a 4-D or 5-D file, from 0, earlier axes fastest. Required when there is more than one. */
  readonly frame?: number;
  /**
   * Which volume of several, by a word of its label (DICOM): "W", "echo time 20", "b-value 1000". In place of `frame`; the labels are in `meta.frameLabels` of
   * each of them, and in the error that asks for a choice.
   */
  readonly frameLabel?: string;
  /** Which series among several (DICOM): its UID or the beginning of it, its number, or its description. */
  readonly series?: string;
  /** What to do with slices that form no straight, even grid (DICOM): resample them onto one, the default, or refuse them. */
  readonly irregular?: "resample" | "refuse";
  /** What unpacks gzip, for `gunzip`. Default: the platform's streams. */
  readonly engine?: GzipEngine;
  readonly signal?: AbortSignal;
}

/** Options of {@link VolumeFormat.write}. */
export interface FormatWriteOptions {
  /** Name of the main file; the names of all others derive from it. Default: "volume" with the format's extension. */
  readonly name?: string;
  /** Compress. Default: true when `name` ends in ".gz". */
  readonly gzip?: boolean;
  /** Byte order of headers and voxels, where the format has a choice. Default "little", as nearly all programs write. */
  readonly byteOrder?: "little" | "big";
  /** What packs gzip, for `gzip`. Default: the platform's streams. */
  readonly engine?: GzipEngine;
  readonly signal?: AbortSignal;
}

/**
 * A file format for volumes. To add one, write an object like this and pass it in `formats`; it then reads and
 * writes wherever the built-in ones do.
 */
export interface VolumeFormat {
  /** Lower case, as users write it: "nifti". */
  readonly name: string;
  /** With the dot, lower case: ".nii", ".nii.gz". */
  readonly extensions: readonly string[];
  /** Whether the file looks like this format. `head` is its first 544 bytes or fewer, gunzipped when it is gzipped. */
  sniff(head: Uint8Array): boolean;
  /**
   * Reads one volume: native data, affine in RAS+ mm, unit "unknown" unless the file states it.
   *
   * @throws MidashError `invalid-file`, `unsupported`, `limit`, `invalid-argument` (frame) or `aborted`
   */
  read(source: Source, options?: FormatReadOptions): Promise<Volume>;
  /**
   * Reads one volume from the files of a folder, given in any order. `meta.leftOut` lists those that are no part of it, as {@link LeftOut}. Absent
   * when one file of the format is one volume.
   *
   * @throws MidashError as `read`; `invalid-argument` when there are several volumes and the options do not pick one
   */
  readFiles?(files: readonly (Source | FileSource)[], options?: FormatReadOptions): Promise<Volume>;
  /** File names to bytes, the main file first. Absent when the format can't be written. */
  write?(volume: Volume, options?: FormatWriteOptions): Promise<Map<string, Uint8Array>>;
}
