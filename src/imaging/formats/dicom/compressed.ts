import { fail, MidashError } from "../../../base/errors/index.ts";
import { codestreamSize } from "./codestream.ts";
import { damaged } from "./file.ts";
import type { Frame } from "./frame.ts";
import { type DicomCodecs, loadCodecs } from "./libraries.ts";
import type { PixelFormat } from "./pixel-format.ts";

type Codec = "decodeRle" | "decodeJpeg" | "decodeJpegLs" | "decodeJpeg2000" | "decodeHtJpeg2000";

/** Transfer syntaxes that dcmjs-codecs unpacks. JPEG XL, MPEG and JPIP are not among them. */
const CODECS: Readonly<Record<string, Codec>> = {
  "1.2.840.10008.1.2.5": "decodeRle",
  "1.2.840.10008.1.2.4.50": "decodeJpeg",
  "1.2.840.10008.1.2.4.51": "decodeJpeg",
  "1.2.840.10008.1.2.4.57": "decodeJpeg",
  "1.2.840.10008.1.2.4.70": "decodeJpeg",
  "1.2.840.10008.1.2.4.80": "decodeJpegLs",
  "1.2.840.10008.1.2.4.81": "decodeJpegLs",
  "1.2.840.10008.1.2.4.90": "decodeJpeg2000",
  "1.2.840.10008.1.2.4.91": "decodeJpeg2000",
  "1.2.840.10008.1.2.4.201": "decodeHtJpeg2000",
  "1.2.840.10008.1.2.4.202": "decodeHtJpeg2000",
  "1.2.840.10008.1.2.4.203": "decodeHtJpeg2000",
};

/** A compressed transfer syntax that can be read. */
export function isCompressed(syntax: string): boolean {
  return Object.hasOwn(CODECS, syntax);
}

/**
 * The bytes of one frame, little endian, as an uncompressed file would hold them.
 *
 * @throws MidashError `missing-package`, `invalid-file`
 */
export async function decompress(frame: Frame, format: PixelFormat): Promise<Uint8Array> {
  const { file, size, index } = frame;
  const { where, syntax } = file;
  const [width, height] = size;
  const { bitsAllocated, bitsStored, signed } = format;
  if (bitsAllocated === 32)
    fail("unsupported", "compressed pixels of 32 bits", {
      where,
      hint: "convert it, e.g. with gdcmconv --raw",
    });
  const codec = CODECS[syntax]!;
  const encoded = frameBytes(frame);
  // What the stream says of its size decides how much memory the codec takes: it must be what the header said.
  const said = codestreamSize(encoded, codec === "decodeRle" ? "rle" : "jpeg");
  if (
    !said ||
    (said.width !== 0 && (said.width !== width || said.height !== height)) ||
    said.components !== 1
  )
    fail(
      "invalid-file",
      said
        ? `frame ${index} is packed as ${said.width}×${said.height} pixels of ${said.components} components, the header says ${width}×${height}`
        : `frame ${index} is not what its transfer syntax ${syntax} says`,
      { where, hint: "get the file again" },
    );
  // RLE packs 128 bytes into 2 at best; without this its own header bounds nothing.
  if (codec === "decodeRle" && 64 * encoded.length < (width * height * bitsAllocated) / 8)
    fail("invalid-file", `truncated: ${encoded.length} bytes can't hold ${width}×${height} pixels`, {
      where,
      hint: "get the file again",
    });
  const codecs = await loadCodecs();
  const bytes = run(codecs, codec, {
    width,
    height,
    bitsAllocated,
    bitsStored,
    samplesPerPixel: 1,
    pixelRepresentation: signed ? 1 : 0,
    planarConfiguration: 0,
    photometricInterpretation: "MONOCHROME2",
    encodedBuffer: encoded,
  });
  const needed = (width * height * bitsAllocated) / 8;
  if (!MidashError.is(bytes) && bytes?.length === needed) return bytes;
  throw MidashError.is(bytes)
    ? bytes
    : damaged(new Error(`frame ${index} unpacks to ${bytes?.length ?? 0} bytes, not ${needed}`), where);

  function run(loaded: DicomCodecs, name: Codec, attributes: Readonly<Record<string, unknown>>) {
    try {
      return loaded.NativeCodecs[name](new loaded.Context(attributes)).getDecodedBuffer();
    } catch (cause) {
      return damaged(cause, where);
    }
  }
}

/** The packed bytes of a frame: with a table of offsets, without one, in one fragment or in many. */
function frameBytes({ file, index }: Frame): Uint8Array {
  const { elements, parser, where } = file;
  const element = elements.element("PixelData");
  const { fragments = [], basicOffsetTable = [] } = element ?? {};
  const end = elements.raw.byteArray.length;
  if (!element || fragments.length === 0 || fragments.some((f) => f.position + f.length > end))
    return fail("invalid-file", "truncated: its compressed pixels are not whole", {
      where,
      hint: "get the file again",
    });
  const frames = elements.number("NumberOfFrames") ?? 1;
  try {
    if (frames === 1)
      return parser.readEncapsulatedPixelDataFromFragments(elements.raw, element, 0, fragments.length);
    if (fragments.length === frames)
      return parser.readEncapsulatedPixelDataFromFragments(elements.raw, element, index, 1);
    const table =
      basicOffsetTable.length === frames
        ? basicOffsetTable
        : parser.createJPEGBasicOffsetTable(elements.raw, element);
    return parser.readEncapsulatedImageFrame(elements.raw, element, index, table);
  } catch (cause) {
    throw damaged(cause, where);
  }
}
