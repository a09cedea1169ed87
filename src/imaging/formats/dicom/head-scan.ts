import { latin1 } from "./character-sets.ts";
import type { DicomParser, RawDataSet, RawElement } from "./libraries.ts";
import { hasMark, MARK } from "./sniff.ts";
import { TAGS } from "./tags.ts";

/** What is read of a header for a listing. */
export const HEAD_KEYWORDS = [
  "MediaStorageSOPClassUID",
  "SpecificCharacterSet",
  "SOPClassUID",
  "Modality",
  "SeriesDescription",
  "PatientName",
  "PatientID",
  "StudyInstanceUID",
  "SeriesInstanceUID",
  "SeriesNumber",
  "ImagePositionPatient",
  "NumberOfFrames",
  "Rows",
  "Columns",
] as const;

/** A keyword that is known of every head. */
export type HeadKeyword = (typeof HEAD_KEYWORDS)[number];

const WANTED = new Map(
  HEAD_KEYWORDS.map((keyword) => [Number.parseInt(TAGS[keyword].slice(1), 16), TAGS[keyword]]),
);

const TRANSFER_SYNTAX = 0x00020010;
const BITS_ALLOCATED = 0x00280100;
const ITEM = 0xfffee000;
const ITEM_END = 0xfffee00d;
const SEQUENCE_END = 0xfffee0dd;
const UNDEFINED = 0xffffffff;

/** Explicit little endian, and the compressed ones that are: JPEG and its kin, RLE. */
const EXPLICIT = /^1\.2\.840\.10008\.1\.2\.(1|5|4\.\d+)$/;
const IMPLICIT = "1.2.840.10008.1.2";

/** Value representations with 4 bytes of length behind 2 unused ones, and those with 2, as numbers; of others dicom-parser and the standard may think differently. */
const LONG = numbersOf("OB OD OF OL OW SQ UC UN UR UT");
const SHORT = numbersOf("AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US");
const SQ = numberOf("SQ");
/** Those of a header in the form of PS3.10. */
const META = numbersOf("AE OB SH UI UL");

/**
 * The {@link HeadKeyword}s of a usual file in the form of PS3.10, up to how its pixels are stored: what dicom-parser finds, ten times sooner, since all
 * others are only stepped over. `undefined` for anything unusual, or cut off before that: dicom-parser has the word then.
 */
export function scanHead(bytes: Uint8Array, parser: DicomParser): RawDataSet | undefined {
  const elements: Record<string, RawElement> = {};
  return new Scan(bytes, elements).reachesPixels()
    ? new parser.DataSet(parser.littleEndianByteArrayParser, bytes, elements)
    : undefined;
}

/** A place in a file that moves on. Its methods say by `false` that there is something unusual. */
class Scan {
  readonly #bytes: Uint8Array;
  readonly #found: Record<string, RawElement>;
  #at = MARK + 4;
  #explicit = true;
  // Of the element that was read last.
  #tag = 0;
  #vr = 0;
  #length = 0;

  constructor(bytes: Uint8Array, found: Record<string, RawElement>) {
    this.#bytes = bytes;
    this.#found = found;
  }

  reachesPixels(): boolean {
    if (!hasMark(this.#bytes, MARK) || !this.#meta()) return false;
    while (this.#element()) {
      if (this.#tag === BITS_ALLOCATED) return true;
      if (this.#tag < 0x00080000) return false;
      const name = WANTED.get(this.#tag);
      if (name !== undefined) {
        if (this.#isSequence()) return false;
        this.#keep(name);
      }
      if (!this.#skip()) return false;
    }
    return false;
  }

  /** Group 2, which says how the others are written. */
  #meta(): boolean {
    let syntax: string | undefined;
    while (this.#u16(this.#at) === 2) {
      if (!this.#element() || !META.has(this.#vr)) return false;
      const end = this.#at + this.#length;
      if (end > this.#bytes.length) return false;
      if (this.#tag === TRANSFER_SYNTAX) {
        if (syntax !== undefined || this.#length > 64) return false;
        syntax = latin1(this.#bytes.subarray(this.#at, end));
      }
      const name = WANTED.get(this.#tag);
      if (name !== undefined) this.#keep(name);
      this.#at = end;
    }
    this.#explicit = syntax !== IMPLICIT;
    return this.#u16(this.#at) >= 8 && syntax !== undefined && (!this.#explicit || EXPLICIT.test(syntax));
  }

  #keep(tag: string): void {
    this.#found[tag] = { tag, length: this.#length, dataOffset: this.#at };
  }

  /** Reads tag and length, and stops at the value. */
  #element(): boolean {
    const at = this.#at;
    if (at + 12 > this.#bytes.length) return false;
    this.#tag = this.#u16(at) * 65536 + this.#u16(at + 2);
    if (!this.#explicit) {
      this.#length = this.#u32(at + 4);
      this.#at = at + 8;
      return true;
    }
    this.#vr = this.#u16(at + 4);
    const long = LONG.has(this.#vr);
    if (!long && !SHORT.has(this.#vr)) return false;
    this.#length = long ? this.#u32(at + 8) : this.#u16(at + 6);
    this.#at = at + (long ? 12 : 8);
    return true;
  }

  /** Whether the element's value are items, as dicom-parser sees it. Implicit files don't say so. */
  #isSequence(): boolean {
    if (this.#explicit) return this.#vr === SQ;
    if (this.#at + 4 > this.#bytes.length) return false;
    const first = this.#u16(this.#at) * 65536 + this.#u16(this.#at + 2);
    return first === ITEM || first === SEQUENCE_END;
  }

  /** Behind the value. */
  #skip(): boolean {
    const plain = !this.#explicit && Math.floor(this.#tag / 65536) % 2 === 1 && this.#length !== UNDEFINED;
    if (!plain && this.#isSequence()) return this.#items(this.#length);
    if (this.#length === UNDEFINED) return false;
    this.#at += this.#length;
    return this.#at <= this.#bytes.length;
  }

  #items(length: number): boolean {
    const end = length === UNDEFINED ? Number.POSITIVE_INFINITY : this.#at + length;
    while (this.#at < end) {
      if (this.#at + 8 > this.#bytes.length) return false;
      const tag = this.#u16(this.#at) * 65536 + this.#u16(this.#at + 2);
      const size = this.#u32(this.#at + 4);
      this.#at += 8;
      if (tag === SEQUENCE_END && length === UNDEFINED) return size === 0;
      if (tag !== ITEM || !this.#item(size)) return false;
    }
    return this.#at === end;
  }

  #item(length: number): boolean {
    const end = length === UNDEFINED ? Number.POSITIVE_INFINITY : this.#at + length;
    while (this.#at < end) {
      if (length === UNDEFINED && this.#u16(this.#at) === 0xfffe) {
        const ends = this.#u16(this.#at + 2) === (ITEM_END & 0xffff) && this.#u32(this.#at + 4) === 0;
        this.#at += 8;
        return ends;
      }
      if (!this.#element() || !this.#skip()) return false;
    }
    return this.#at === end;
  }

  /** NaN beyond the end. */
  #u16(at: number): number {
    return this.#bytes[at]! + this.#bytes[at + 1]! * 256;
  }

  #u32(at: number): number {
    return this.#u16(at) + this.#u16(at + 2) * 65536;
  }
}

function numbersOf(representations: string): ReadonlySet<number> {
  return new Set(representations.split(" ").map(numberOf));
}

function numberOf(representation: string): number {
  return representation.charCodeAt(0) + 256 * representation.charCodeAt(1);
}
