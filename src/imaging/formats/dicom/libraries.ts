import { fail, MidashError } from "../../../base/errors/index.ts";
import { loadPackage } from "../../../base/platform/index.ts";

/**
 * Why these two packages, which only this file loads:
 *
 * - dicom-parser, a dependency, reads. Of 3000 copies of a CT slice with a few flipped bits in the header or a cut end, dcmjs 0.51 took 2783,
 *   872 of them with the number of rows lost: it reads on, out of step, after an element whose length is wrong, and pads
 *   text that is cut off. dicom-parser 1.8 refused 1295 and lost rows in 21. It also leaves pixels where they lie instead of copying them.
 * - dcmjs-codecs, an optional peer, unpacks, and is loaded only for a compressed file: one WebAssembly module for RLE and all of JPEG's kinds.
 *
 * Neither writes what we need: dcmjs turns all text into UTF-8, but a patient's name must go back byte for byte, whatever its
 * character set. So writing is ours (`dataset-writer.ts`, one syntax, no reading).
 */
export interface DicomParser {
  parseDicom(
    bytes: Uint8Array,
    options?: {
      readonly untilTag?: string;
      readonly inflater?: (bytes: Uint8Array, position: number) => Uint8Array;
    },
  ): RawDataSet;
  readPart10Header(bytes: Uint8Array): RawDataSet & { readonly position: number };
  readonly DataSet: new (
    parser: unknown,
    bytes: Uint8Array,
    elements: Readonly<Record<string, RawElement>>,
  ) => RawDataSet;
  readonly littleEndianByteArrayParser: unknown;
  createJPEGBasicOffsetTable(dataSet: RawDataSet, element: RawElement): number[];
  readEncapsulatedImageFrame(
    dataSet: RawDataSet,
    element: RawElement,
    frame: number,
    offsets?: readonly number[],
  ): Uint8Array;
  readEncapsulatedPixelDataFromFragments(
    dataSet: RawDataSet,
    element: RawElement,
    start: number,
    count?: number,
  ): Uint8Array;
}

/** A data element: where its value lies in `byteArray`, or its items. */
export interface RawElement {
  readonly tag: string;
  readonly vr?: string;
  readonly length: number;
  readonly dataOffset: number;
  readonly items?: readonly { readonly dataSet?: RawDataSet }[];
  readonly hadUndefinedLength?: boolean;
  readonly encapsulatedPixelData?: boolean;
  readonly basicOffsetTable?: readonly number[];
  readonly fragments?: readonly {
    readonly offset: number;
    readonly position: number;
    readonly length: number;
  }[];
}

/** What dicom-parser makes of a file, as far as we use it. */
export interface RawDataSet {
  readonly byteArray: Uint8Array;
  readonly elements: Readonly<Record<string, RawElement | undefined>>;
  readonly warnings: readonly string[];
  uint16(tag: string, index?: number): number | undefined;
  int16(tag: string, index?: number): number | undefined;
  uint32(tag: string, index?: number): number | undefined;
  float(tag: string, index?: number): number | undefined;
  double(tag: string, index?: number): number | undefined;
}

/** What goes into a codec of dcmjs-codecs and comes out of it. */
export interface CodecContext {
  getDecodedBuffer(): Uint8Array | undefined;
  getBitsAllocated(): number | undefined;
  getWidth(): number | undefined;
  getHeight(): number | undefined;
}

type Decode = (context: CodecContext, parameters?: Readonly<Record<string, unknown>>) => CodecContext;

/** The part of dcmjs-codecs that we use. */
export interface DicomCodecs {
  readonly Context: new (attributes: Readonly<Record<string, unknown>>) => CodecContext;
  readonly NativeCodecs: {
    isInitialized(): boolean;
    initializeAsync(): Promise<void>;
    readonly decodeRle: Decode;
    readonly decodeJpeg: Decode;
    readonly decodeJpegLs: Decode;
    readonly decodeJpeg2000: Decode;
    readonly decodeHtJpeg2000: Decode;
  };
}

/** What stands in the codecs' place in bundles that go without them. */
interface LeftOutCodecs {
  /** Why. */
  readonly leftOut: string;
}

/** dicom-parser, a dependency like any other, loaded when the first DICOM file comes. */
export async function loadParser(): Promise<DicomParser> {
  const loaded: { readonly default?: unknown } = await import("dicom-parser");
  return (loaded.default ?? loaded) as DicomParser; // a CommonJS package comes as the default when imported
}

/** Ready to decode. @throws MidashError `missing-package`, `unsupported` when its WebAssembly does not start */
export async function loadCodecs(): Promise<DicomCodecs> {
  const codecs = await loadPackage<DicomCodecs | LeftOutCodecs>("dcmjs-codecs", {
    why: "compressed DICOM files are unpacked with it",
    load: importCodecs,
  });
  if ("leftOut" in codecs)
    return fail("unsupported", `compressed DICOM can't be unpacked here: ${codecs.leftOut}`, {
      hint: "decompress the files first, e.g. with dcmdjpeg or gdcmconv --raw",
    });
  if (codecs.NativeCodecs.isInitialized()) return codecs;
  try {
    await codecs.NativeCodecs.initializeAsync();
  } catch (cause) {
    throw new MidashError("unsupported", "the WebAssembly of dcmjs-codecs does not start here", {
      hint: "decompress the files first, e.g. with dcmdjpeg or gdcmconv --raw",
      cause,
    });
  }
  return codecs;
}

/** Within a try, so that bundlers let a page be built where the package is not installed. */
async function importCodecs(): Promise<unknown> {
  try {
    return await import("dcmjs-codecs");
  } catch (cause) {
    throw new Error("dcmjs-codecs does not load", { cause });
  }
}
