import { sha256 } from "../../base/bytes/index.ts";
import { assert, fail } from "../../base/errors/index.ts";
import { decodeVolume, volumeFormats } from "../../imaging/formats/index.ts";
import { takenForHu } from "../../imaging/hounsfield/index.ts";
import { resample, sameGrid } from "../../imaging/volume/index.ts";
import {
  type Case,
  Dataset,
  type ImageMarks,
  type SplitShares,
  slabDataset,
  splitName,
  USUAL_INPUTS,
  type VolumeRef,
} from "../../road/data/index.ts";
import type { GivenFile } from "./file-shelf.ts";
import type { PairImage } from "./paired-series.ts";

const WORDS = ["ct", "mask", ...USUAL_INPUTS];
const AIR = -1000;

/** A case's images by what they are: "mr", "ct", "mask". */
type PairedFiles = ReadonlyMap<string, PairImage>;

/**
 * Pairs of MR and CT among files, by their names (`1BA001_mr.nii.gz` and `1BA001_ct.nii.gz`) or by their folders (`1BA001/mr.nii.gz` and `1BA001/ct.nii.gz`); of DICOM by a folder for each
 * case, which holds an MR and a CT series or a folder of each. A CT on another grid is resampled onto the MR's. One pair alone is split by slabs of slices; of several, `split` says how many validate.
 *
 * @throws MidashError `not-found` where there is no pair, with what is missing
 */
export async function pairedDataset(
  files: readonly GivenFile[],
  { seed, split = [0.8, 0.2, 0] }: { readonly seed?: number; readonly split?: readonly number[] } = {},
): Promise<Dataset> {
  const { pairs, alone } = await pairsAmong(files);
  if (pairs.size === 0)
    fail(
      "not-found",
      alone.length > 0
        ? `no pair of MR and CT among them: ${alone.slice(0, 4).join("; ")}`
        : "no MR and no CT among them, by their names",
      {
        where: `${files.length} files`,
        hint: "call them ID_mr.nii.gz and ID_ct.nii.gz, or put mr.nii.gz and ct.nii.gz, or two DICOM series, into a folder each",
      },
    );
  const inputs = USUAL_INPUTS.filter((name) => [...pairs.values()].every((own) => own.has(name)));
  assert(inputs.length > 0, "no MR that all pairs have", {
    where: `${pairs.size} pairs`,
    hint: `each needs the same of ${USUAL_INPUTS.join(", ")}`,
  });
  const cases = [...pairs].map(([id, own]) => fileCase(id, own, inputs));
  const name = cases.length === 1 ? `one pair, ${cases[0]!.id}` : `${cases.length} pairs`;
  if (cases.length === 1) return slabDataset(cases[0]!, { name });
  const [train = 0.8, validation = 0.2, test = 0] = split;
  const shares: SplitShares = { train, validation, test };
  return Dataset.fromCases(cases, { name, seed, split: shares });
}

/** What is a case, and what lacks its other half. */
async function pairsAmong(files: readonly GivenFile[]): Promise<{
  readonly pairs: ReadonlyMap<string, PairedFiles>;
  readonly alone: readonly string[];
}> {
  const extensions = volumeFormats.flatMap((format) => format.extensions).sort((a, b) => b.length - a.length);
  const found = new Map<string, Map<string, PairImage>>();
  const add = (id: string, word: string, image: PairImage) => {
    const own = found.get(id) ?? new Map<string, PairImage>();
    const other = own.get(word);
    assert(other === undefined, `${id} has its ${word} twice, as ${other?.name} and as ${image.name}`, {
      where: "pairs",
      hint: "leave one out",
    });
    found.set(id, own.set(word, image));
  };
  const rest: GivenFile[] = [];
  for (const file of files) {
    const parts = file.name.split("/");
    const last = parts.pop()!;
    if (last.startsWith(".")) continue;
    const extension = extensions.find((one) => last.toLowerCase().endsWith(one));
    if (extension === undefined) {
      rest.push(file);
      continue;
    }
    const base = last.slice(0, -extension.length);
    const [id, word] = WORDS.includes(base.toLowerCase())
      ? [parts.at(-1) ?? "pair", base.toLowerCase()]
      : (splitName(base, WORDS) ?? []);
    if (id !== undefined && word !== undefined) add(id, word, fileImage(file));
  }
  if (rest.length > 0) {
    const { seriesAmong } = await import("./paired-series.ts"); // only now is anything of DICOM loaded
    for (const { id, word, image } of await seriesAmong(rest, WORDS)) add(id, word, image);
  }
  const hasMr = (own: PairedFiles) => USUAL_INPUTS.some((name) => own.has(name));
  const sorted = [...found].sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }));
  const pairs = new Map(sorted.filter(([, own]) => own.has("ct") && hasMr(own)));
  const alone = sorted.flatMap(([id, own]) =>
    pairs.has(id) ? [] : [`${id} has ${own.has("ct") ? "a CT and no MR" : "no CT"}`],
  );
  return { pairs, alone };
}

function fileCase(id: string, own: PairedFiles, inputs: readonly string[]): Case {
  const first = (signal?: AbortSignal) => own.get(inputs[0]!)!.read(signal);
  const like = (image: PairImage, fill: number, nearest: boolean): VolumeRef => ({
    async load(signal) {
      const [volume, grid] = [await image.read(signal), await first(signal)];
      const hu = fill === AIR ? takenForHu(volume) : volume;
      if (sameGrid(hu, grid)) return hu;
      return resample(hu, { like: grid, fill, interpolation: nearest ? "nearest" : "linear" });
    },
  });
  const mask = own.get("mask");
  const named = [...inputs, "ct", ...(mask ? ["mask"] : [])];
  return {
    id,
    inputs: Object.fromEntries(
      inputs.map((name) => [
        name,
        { load: async (signal) => (await own.get(name)!.read(signal)).with({ unit: "arbitrary" }) },
      ]),
    ),
    targets: { ct: like(own.get("ct")!, AIR, false) },
    ...(mask ? { mask: like(mask, 0, true) } : {}),
    async marks() {
      const marks: Record<string, ImageMarks[string]> = {};
      for (const name of named) marks[name] = await markOf(own.get(name)!);
      return marks;
    },
  };
}

function fileImage(file: GivenFile): PairImage {
  const { name } = file;
  const read = async (signal: AbortSignal | undefined) =>
    decodeVolume(await bytesOf(file), { name, frame: 0, signal });
  return { name, files: [file], read };
}

async function bytesOf({ name, content }: GivenFile): Promise<Uint8Array> {
  if (content instanceof Uint8Array) return content;
  try {
    return new Uint8Array(await content.arrayBuffer());
  } catch (cause) {
    return fail("io", "can't be read any more", {
      where: name,
      hint: "choose the files again: one was moved or changed",
      cause,
    });
  }
}

/** Bytes at either end and of pieces between that are looked at. */
const [END, PIECE, PIECES] = [1 << 16, 1 << 12, 16];

/** Of a series: by those of its files, in the order of their names. */
async function markOf({ files }: PairImage): Promise<ImageMarks[string]> {
  const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
  const marks: ImageMarks[string][] = [];
  for (const file of sorted) marks.push(await markOfFile(file));
  if (marks.length === 1) return marks[0]!;
  const all = new TextEncoder().encode(marks.map((mark) => mark.sha256).join());
  return { bytes: marks.reduce((sum, { bytes }) => sum + bytes, 0), sha256: sha256([all]) };
}

/** By its size and pieces of its content; checksums of gzipped files lie at their ends. */
async function markOfFile({ name, content }: GivenFile): Promise<ImageMarks[string]> {
  const blob = content instanceof Uint8Array ? new Blob([content as Uint8Array<ArrayBuffer>]) : content;
  const { size } = blob;
  const piece = async (from: number, length: number) =>
    new Uint8Array(await blob.slice(from, from + length).arrayBuffer());
  const starts = Array.from({ length: PIECES }, (_, n) =>
    Math.floor(((n + 1) * (size - PIECE)) / (PIECES + 1)),
  );
  const parts =
    size <= 2 * END + PIECES * PIECE
      ? [await piece(0, size)]
      : [
          await piece(0, END),
          ...(await Promise.all(starts.map((from) => piece(from, PIECE)))),
          await piece(size - END, END),
        ];
  const modified = "lastModified" in blob ? Number(blob.lastModified) : undefined;
  const head = new TextEncoder().encode(`/${name.replace(/^.*\//, "")}/${size}/`);
  return { bytes: size, sha256: sha256([head, ...parts]), ...(modified === undefined ? {} : { modified }) };
}
