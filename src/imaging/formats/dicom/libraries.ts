import { MidashError } from "../../../base/errors/index.ts";

/**
 * Why these two packages, both optional peers that only this file loads:
 *
 * - dicom-parser reads. Of 3000 copies of a CT slice with a few flipped bits in the header or a cut end, dcmjs 0.51 took 2783,
 *   872 of them with the number of rows lost: it reads on, out of step, after an element whose length is wrong, and pads
 *   text that is cut off. dicom-parser 1.8 refused 1295 and lost rows in 21. It also leaves pixels where they lie instead of copying them.
 * - dcmjs-codecs unpacks, and is loaded only for a compressed file: one WebAssembly module for RLE and all of JPEG's kinds.
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

/** @throws MidashError `missing-package` */
export async function loadParser(): Promise<DicomParser> {
  try {
    return exportsOf<DicomParser>(await import("dicom-parser"));
  } catch (cause) {
    throw missing("dicom-parser", "DICOM files are read with it", cause);
  }
}

/** Ready to decode. @throws MidashError `missing-package`, `internal` when its WebAssembly does not start */
export async function loadCodecs(): Promise<DicomCodecs> {
  const codecs = await importCodecs();
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

// Each import stands within a try: bundlers then let a page be built where the package is not installed.
async function importCodecs(): Promise<DicomCodecs> {
  try {
    return exportsOf<DicomCodecs>(await import("dcmjs-codecs"));
  } catch (cause) {
    throw missing("dcmjs-codecs", "compressed DICOM files are unpacked with it", cause);
  }
}

/** CommonJS packages come as the default when imported. */
function exportsOf<T>(loaded: object): T {
  return ((loaded as { readonly default?: unknown }).default ?? loaded) as T;
}

function missing(name: string, why: string, cause: unknown): MidashError {
  return new MidashError(
    "missing-package",
    `the package ${name} is not installed, or does not load: ${why}`,
    {
      where: name,
      hint: `npm install ${name}`,
      cause,
    },
  );
}
