import { MidashError } from "../../../base/errors/index.ts";
import { eachFile, fileSource, PAGE } from "../file-source.ts";
import type { FileSource, FormatReadOptions, LeftOut, Source } from "../format.ts";
import { isGzip } from "../gzip.ts";
import type { Elements } from "./elements.ts";
import { parseFile, parseHead } from "./file.ts";
import type { HeadKeyword } from "./head-scan.ts";
import { type DicomParser, loadParser } from "./libraries.ts";
import { kindOf } from "./objects.ts";
import { isDicom } from "./sniff.ts";

/** Bytes of a file that are read to tell which series it belongs to: first a page, which most headers fit in up to their pixels' size, then more. */
const HEADS = [PAGE, 1 << 16];

/** Of files of other kinds, which are the only ones that errors do not count. */
export const NO_DICOM = "is not DICOM";

/** What a listing needs to know of an image; its header is read again when its series is wanted. */
export interface ImageHead {
  readonly file: FileSource;
  readonly where: string;
  /** A word for its series: its UID, or, where an anonymiser removed that, what else tells series apart. */
  readonly key: string;
  readonly uid: string | undefined;
  readonly study: string | undefined;
  /** Tells patients apart, and is not for showing. */
  readonly patient: string;
  readonly number: number | undefined;
  readonly modality: string | undefined;
  readonly description: string | undefined;
  readonly capture: boolean;
}

/** The images among files, and what else is there. */
export interface Heads {
  readonly images: readonly ImageHead[];
  readonly others: readonly LeftOut[];
  /** Of files that can't be read: damaged ones, those that are named like the images and are none, those that nobody may read. */
  readonly errors: readonly MidashError[];
}

/** @throws MidashError `missing-package` or `aborted` */
export async function readHeads(
  files: readonly (Source | FileSource)[],
  options: Pick<FormatReadOptions, "limits" | "signal">,
): Promise<Heads> {
  const parser = await loadParser();
  const found = await eachFile(
    files.map(fileSource),
    (file, memory) =>
      headOf(file, { ...options, memory, parser }).catch((error) => {
        if (!MidashError.is(error) || error.kind === "aborted") throw error;
        return error;
      }),
    options.signal,
  );
  const ending = (name: string) => /\.[^./\\]*$/.exec(name)?.[0].toLowerCase();
  const images = found.filter((head) => "key" in head);
  const endings = new Set(images.map(({ where }) => ending(where)));
  const rest = found.filter((head) => "why" in head);
  const isBroken = ({ doubtful, file }: LeftOut) =>
    doubtful && (endings.has(ending(file)) || ending(file) === ".dcm");
  const errors = found.flatMap((one) => {
    if (MidashError.is(one)) return [one];
    if (!("why" in one) || !isBroken(one)) return [];
    const hint = "get the file again, or remove it";
    return [new MidashError("invalid-file", one.why, { where: one.file, hint })];
  });
  return { images, others: rest.filter((one) => !isBroken(one)), errors };
}

interface HeadOptions extends Pick<FormatReadOptions, "limits" | "signal"> {
  readonly memory: Uint8Array;
  readonly parser: DicomParser;
}

async function headOf(file: FileSource, options: HeadOptions): Promise<ImageHead | LeftOut> {
  const { name: where = "DICOM data" } = file;
  const { memory, signal } = options;
  const other = (why: string, doubtful = false): LeftOut => ({ file: where, why, doubtful });
  const head = await file.read(PAGE, signal, memory);
  if (head.length === 0) return other("is empty", true);
  const zipped = isGzip(head);
  if (!zipped && !isDicom(head))
    return /\.dcm$/i.test(where) ? other("named .dcm, but it is no DICOM file", true) : other(NO_DICOM);
  let elements: Elements<HeadKeyword> | undefined;
  if (zipped) {
    const whole = await file.read(undefined, signal);
    const inside = await parseFile({ name: where, bytes: whole }, options).catch((error) => {
      if (/\.dcm(\.gz)?$/i.test(where)) throw error;
      return undefined;
    });
    if (!inside) return other(NO_DICOM);
    elements = inside.elements;
  } else {
    elements = await shortHead(file, where, head, options);
    if (!elements) {
      const bytes = await file.read(undefined, signal);
      elements = (await parseFile({ name: where, bytes }, options)).elements;
    }
  }
  const kind = kindOf(elements!);
  return typeof kind === "object"
    ? other(`is ${kind.other}`)
    : imageHead(file, elements!, kind === "capture");
}

/** By as few bytes as say enough; `undefined` where that is the whole file, or it has to be inflated. */
async function shortHead(
  file: FileSource,
  where: string,
  first: Uint8Array,
  { parser, signal }: HeadOptions,
): Promise<Elements<HeadKeyword> | undefined> {
  let head = first;
  for (const most of HEADS) {
    if (most > PAGE) head = await file.read(most, signal);
    const whole = head.length < most;
    const elements = parseHead(head, { where, whole, parser });
    if (!elements || whole) return elements;
    if (elements.text("SeriesInstanceUID") && elements.element("Columns")) return elements;
  }
  return undefined;
}

function imageHead(file: FileSource, elements: Elements<HeadKeyword>, capture: boolean): ImageHead {
  const text = (keyword: HeadKeyword) => elements.text(keyword);
  const [uid, number] = [text("SeriesInstanceUID"), text("SeriesNumber")];
  const description = elements.label("SeriesDescription");
  const instead = ["StudyInstanceUID", "SeriesNumber", "Modality", "SeriesDescription"] as const;
  return {
    file,
    where: elements.where,
    key: uid ?? `without a UID: ${instead.map(text).join("/")}`,
    uid,
    study: text("StudyInstanceUID"),
    patient: [text("PatientID"), text("PatientName")].join("/"),
    number: number !== undefined && Number.isFinite(Number(number)) ? Number(number) : undefined,
    modality: text("Modality"),
    description,
    capture,
  };
}
