import { fail } from "../../../base/errors/index.ts";
import { decodeText, LATIN1, latin1 } from "./character-sets.ts";
import type { RawDataSet, RawElement } from "./libraries.ts";
import { type Keyword, TAGS } from "./tags.ts";

/** The data elements of a file, or of an item in it, by keyword. Values are checked as they are read. `K`: those that were looked for. */
export class Elements<K extends Keyword = Keyword> {
  readonly raw: RawDataSet;
  /** The file, for messages. */
  readonly where: string;

  constructor(raw: RawDataSet, where: string) {
    this.raw = raw;
    this.where = where;
  }

  element(keyword: K): RawElement | undefined {
    return this.raw.elements[TAGS[keyword]];
  }

  /** The value's bytes as they lie in the file, or `undefined` when the element is absent or empty. */
  bytes(tag: string): Uint8Array | undefined {
    const element = this.raw.elements[tag];
    if (!element || element.length <= 0) return undefined;
    if (element.dataOffset + element.length > this.raw.byteArray.length)
      fail("invalid-file", `truncated: the element ${tag} ends beyond the file`, {
        where: this.where,
        hint: "get the file again",
      });
    return this.raw.byteArray.subarray(element.dataOffset, element.dataOffset + element.length);
  }

  /**
   * The bytes of a private element (PS3.5, 7.8.1): its number in the block that `creator` has reserved.
   *
   * @param element the last two hexadecimal digits of its number
   */
  privateElement(group: number, creator: string, element: number): Uint8Array | undefined {
    const tag = (number: number) => `x${hex4(group)}${hex4(number)}`;
    for (let block = 0x10; block <= 0x1f; block++) {
      const name = this.bytes(tag(block));
      if (name && LATIN1.decode(name.subarray(0, 64)).trim() === creator)
        return this.bytes(tag((block << 8) | element));
    }
    return undefined;
  }

  /** Text without its padding, several values still joined by backslashes; `undefined` when absent or empty. */
  text(keyword: K): string | undefined {
    const bytes = this.bytes(TAGS[keyword]);
    if (!bytes || bytes.length > 65_536) return undefined;
    const text = latin1(bytes).trim();
    return text === "" ? undefined : text;
  }

  /** Text in the character sets that `file` names, one line: in an item of a sequence that is the file around it. */
  label(keyword: K, file: Elements<K | "SpecificCharacterSet"> = this): string | undefined {
    const bytes = this.bytes(TAGS[keyword]);
    if (!bytes || bytes.length > 65_536) return undefined;
    const sets = file.text("SpecificCharacterSet")?.split("\\") ?? [];
    const control = /[\p{Cc}\p{Zl}\p{Zp}]+/gu;
    const text = decodeText(bytes, sets).split("\0")[0]!.trim().replace(control, " ");
    return text === "" ? undefined : text.slice(0, 200);
  }

  texts(keyword: K): readonly string[] {
    return (
      this.text(keyword)
        ?.split("\\")
        .map((part) => part.trim()) ?? []
    );
  }

  /** Decimal or integer strings. */
  numbers(keyword: K, count?: number): readonly number[] | undefined {
    const texts = this.texts(keyword);
    if (texts.length === 0) return undefined;
    const numbers = texts.map((text) => (text === "" ? Number.NaN : Number(text)));
    if ((count !== undefined && numbers.length !== count) || !numbers.every(Number.isFinite))
      fail(
        "invalid-file",
        `${keyword} should be ${count ?? "some"} numbers, it is "${texts.join("\\").slice(0, 80)}"`,
        { where: this.where, hint: "get the file again" },
      );
    return numbers;
  }

  number(keyword: K): number | undefined {
    return this.numbers(keyword, 1)?.[0];
  }

  /** A 16-bit unsigned number (VR US). */
  us(keyword: K): number | undefined {
    return this.holds(keyword, 2) ? this.raw.uint16(TAGS[keyword]) : undefined;
  }

  /** A 32-bit unsigned number (VR UL). */
  ul(keyword: K): number | undefined {
    return this.holds(keyword, 4) ? this.raw.uint32(TAGS[keyword]) : undefined;
  }

  /** A 64-bit float (VR FD). */
  double(keyword: K): number | undefined {
    return this.holds(keyword, 8) ? this.raw.double(TAGS[keyword]) : undefined;
  }

  private holds(keyword: K, length: number): boolean {
    return (this.bytes(TAGS[keyword])?.length ?? 0) >= length;
  }

  items(keyword: K): readonly Elements[] {
    const items = this.element(keyword)?.items ?? [];
    return items.flatMap(({ dataSet }) => (dataSet ? [new Elements(dataSet, this.where)] : []));
  }

  item(keyword: K): Elements | undefined {
    return this.items(keyword)[0];
  }
}

function hex4(number: number): string {
  return number.toString(16).padStart(4, "0");
}
