import { dicom, listVolumes } from "../../imaging/formats/dicom/index.ts";
import type { Volume } from "../../imaging/volume/index.ts";
import { splitName } from "../../road/data/index.ts";
import { type GivenFile, sourceOf } from "./file-shelf.ts";

/** An image of a case: a file, or the folder of a DICOM series. */
export interface PairImage {
  /** For messages. */
  readonly name: string;
  readonly files: readonly GivenFile[];
  read(signal: AbortSignal | undefined): Promise<Volume>;
}

/** An image of a case, by what the case and it are called. */
export interface FoundImage {
  readonly id: string;
  /** "mr", "t1", "ct", ... */
  readonly word: string;
  readonly image: PairImage;
}

/**
 * The MR and CT series of DICOM in each folder. What they are, their files say; a folder that is called so (`t1`, `P01_mr`) says which MR. The case is called as the folder that holds both, else as
 * the one around.
 */
export async function seriesAmong(
  files: readonly GivenFile[],
  words: readonly string[],
): Promise<FoundImage[]> {
  const folders = new Map<string, GivenFile[]>();
  for (const file of files) {
    const folder = file.name.slice(0, Math.max(0, file.name.lastIndexOf("/")));
    folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  const found: FoundImage[] = [];
  for (const [path, inside] of folders) {
    const sources = inside.map(sourceOf);
    const listed = (await listVolumes(sources)).series.filter(
      ({ modality, problem }) => problem === undefined && (modality === "MR" || modality === "CT"),
    );
    const [folder = "pair", around = folder] = path.split("/").reverse();
    const both = new Set(listed.map(({ modality }) => modality)).size > 1;
    const [id, said] = words.includes(folder.toLowerCase())
      ? [around, folder.toLowerCase()]
      : (splitName(folder, words) ?? [both ? folder : around, "mr"]);
    for (const { modality, uid, number, volumes, files: count } of listed) {
      const word = modality === "CT" ? "ct" : said === "ct" ? "mr" : said;
      const how = { series: uid ?? String(number), frame: volumes.length > 1 ? 0 : undefined };
      const image: PairImage = {
        name: `${path} (${count} files)`,
        files: inside,
        read: (signal) => dicom.readFiles!(sources, { ...how, signal }),
      };
      found.push({ id, word, image });
    }
  }
  return found;
}
