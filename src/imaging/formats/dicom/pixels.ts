import { fail } from "../../../base/errors/index.ts";
import type { VolumeData } from "../../volume/index.ts";
import { decompress, isCompressed } from "./compressed.ts";
import type { DicomFile } from "./file.ts";
import type { Frame } from "./frame.ts";
import { cutTile } from "./mosaic.ts";
import type { PixelFormat } from "./pixel-format.ts";

const BIG_ENDIAN = "1.2.840.10008.1.2.2";
const PLAIN = ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99", BIG_ENDIAN];

const ARRAYS = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

/** An array of a pixel format's type. */
export function arrayOf(type: PixelFormat["type"], length: number): VolumeData {
  return new ARRAYS[type](length);
}

/** @throws MidashError `unsupported` (colour, inverted, lookup tables, odd sizes), `invalid-file` */
export function pixelFormat(file: DicomFile): PixelFormat {
  const { elements, where, syntax } = file;
  const no = (what: string, hint: string) => fail("unsupported", what, { where, hint });
  const samples = elements.us("SamplesPerPixel") ?? 1;
  const meaning = elements.text("PhotometricInterpretation") ?? "MONOCHROME2";
  if (samples !== 1 || !meaning.startsWith("MONOCHROME"))
    no(`a colour image (${meaning}, ${samples} samples a pixel)`, "a Volume holds one number a voxel");
  if (meaning !== "MONOCHROME2")
    no(
      `${meaning}: shown inverted, and files differ in whether their values are inverted too`,
      "convert it to MONOCHROME2",
    );
  if (elements.text("Modality") === "RTDOSE")
    no("a dose, whose values are scaled in a way of its own", "only images are read");
  if (elements.element("ModalityLUTSequence"))
    no("values go through a lookup table (Modality LUT)", "export it with rescale slope and intercept");
  if (!PLAIN.includes(syntax) && !isCompressed(syntax))
    no(`the transfer syntax ${syntax || "(none)"}`, "convert it, e.g. with gdcmconv --raw");
  if (elements.element("FloatPixelData")) return floats("float32", 32);
  if (elements.element("DoubleFloatPixelData")) return floats("float64", 64);
  const bitsAllocated = elements.us("BitsAllocated") ?? 0;
  if (bitsAllocated !== 8 && bitsAllocated !== 16 && bitsAllocated !== 32)
    no(`BitsAllocated ${bitsAllocated}`, "8, 16 and 32 are read");
  const bitsStored = elements.us("BitsStored") ?? bitsAllocated;
  const highBit = elements.us("HighBit") ?? bitsStored - 1;
  const shift = highBit + 1 - bitsStored;
  if (bitsStored < 1 || bitsStored > bitsAllocated || highBit >= bitsAllocated || shift < 0)
    fail(
      "invalid-file",
      `BitsAllocated ${bitsAllocated}, BitsStored ${bitsStored} and HighBit ${highBit} contradict each other`,
      { where, hint: "get the file again" },
    );
  const signed = (elements.us("PixelRepresentation") ?? 0) === 1;
  const type = `${signed ? "int" : "uint"}${bitsAllocated as 8 | 16 | 32}` as const;
  return { type, signed, bitsAllocated, bitsStored, shift, padding: paddingOf(file, signed) };
}

function floats(type: "float32" | "float64", bits: number): PixelFormat {
  return { type, signed: true, bitsAllocated: bits, bitsStored: bits, shift: 0, padding: undefined };
}

/** Some write it as US where pixels are signed and the other way round: the pixels' sign counts. */
function paddingOf({ elements }: DicomFile, signed: boolean): PixelFormat["padding"] {
  const read = (keyword: "PixelPaddingValue" | "PixelPaddingRangeLimit") => {
    const value = elements.us(keyword);
    return value !== undefined && signed && value > 32767 ? value - 65536 : value;
  };
  const value = read("PixelPaddingValue");
  if (value === undefined) return undefined;
  const limit = read("PixelPaddingRangeLimit") ?? value;
  return [Math.min(value, limit), Math.max(value, limit)];
}

/**
 * Bytes that a file's frames take, checked against what the file holds: before memory for them is taken.
 *
 * @throws MidashError `invalid-file` when there are fewer
 */
export function checkPixels(frames: readonly Frame[], format: PixelFormat): void {
  const { file, size } = frames[0]!;
  if (isCompressed(file.syntax)) return; // each frame is checked as it is unpacked
  const { length } = pixelElement(file);
  const needed = (size[0] * size[1] * frames.length * format.bitsAllocated) / 8; // tiles of a mosaic may be fewer than it has room for
  if (length < needed)
    fail(
      "invalid-file",
      `truncated: its header promises ${size.join("×")} pixels in ${frames.length} frames (${needed} bytes), it holds ${length} bytes`,
      { where: file.where, hint: "get the file again" },
    );
}

/** The stored numbers of one frame, in the format's own type, rows one after the other. */
export async function decodeFrame(frame: Frame, format: PixelFormat): Promise<VolumeData> {
  const { file, index, tile } = frame;
  const size = tile ? ([tile.width, tile.height] as const) : frame.size;
  const count = size[0] * size[1];
  const bytes = isCompressed(file.syntax)
    ? await decompress(frame, format)
    : plainBytes(file, index, (count * format.bitsAllocated) / 8);
  const { type } = format;
  const width = format.bitsAllocated / 8;
  const own = bytes.slice(0, count * width); // aligned, and not the file's
  const big = file.syntax === BIG_ENDIAN;
  // Bytes of a word (OW) are swapped in big endian, bytes of bytes (OB) are not.
  const words = width === 1 && big && pixelElement(file).vr === "OW";
  if (words && count % 2 !== 0)
    fail("unsupported", "an odd number of bytes in big-endian words", {
      where: file.where,
      hint: "convert it to little endian",
    });
  if (words || (width > 1 && big === LITTLE_MACHINE)) swap(own, Math.max(2, width));
  const image: VolumeData = new ARRAYS[type](own.buffer);
  const data = tile ? cutTile(image, tile, frame.size) : image;
  return type.startsWith("float") ? data : trim(data, format);
}

/** Whether this machine's own byte order is little endian. */
const LITTLE_MACHINE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Turns each word of `size` bytes round, in place. */
function swap(bytes: Uint8Array, size: number): void {
  for (let at = 0; at + size <= bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}

/** Bits outside BitsStored are not part of the value: overlays lie there, or the sign is not spread into them. */
function trim(data: VolumeData, { bitsStored, shift, signed }: PixelFormat): VolumeData {
  const bits = 8 * data.BYTES_PER_ELEMENT;
  if (bitsStored === bits) return data;
  const up = 32 - bitsStored - shift;
  const down = 32 - bitsStored;
  if (signed) for (let i = 0; i < data.length; i++) data[i] = (data[i]! << up) >> down;
  else for (let i = 0; i < data.length; i++) data[i] = (data[i]! << up) >>> down;
  return data;
}

function plainBytes(file: DicomFile, index: number, length: number): Uint8Array {
  const { dataOffset, length: have } = pixelElement(file);
  const start = index * length;
  if (start + length > have)
    fail("invalid-file", `truncated: frame ${index} ends beyond its pixels`, {
      where: file.where,
      hint: "get the file again",
    });
  return file.elements.raw.byteArray.subarray(dataOffset + start, dataOffset + start + length);
}

function pixelElement({ elements, where }: DicomFile) {
  return (
    elements.element("PixelData") ??
    elements.element("FloatPixelData") ??
    elements.element("DoubleFloatPixelData") ??
    fail("invalid-file", "an image without pixels", { where, hint: "get the file again" })
  );
}
