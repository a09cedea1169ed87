/** TextDecoder's names for DICOM's character sets, by their defined terms without "ISO_IR " or "ISO 2022 IR " (PS3.3, C.12.1.1.2). */
const NAMES: Readonly<Record<string, string>> = {
  "192": "utf-8",
  "101": "iso-8859-2",
  "109": "iso-8859-3",
  "110": "iso-8859-4",
  "144": "iso-8859-5",
  "127": "iso-8859-6",
  "126": "iso-8859-7",
  "138": "iso-8859-8",
  "203": "iso-8859-15",
  "13": "shift_jis",
  "166": "windows-874",
  "87": "iso-2022-jp",
  "159": "iso-2022-jp",
  "149": "euc-kr",
  "58": "gb18030",
  GB18030: "gb18030",
  GBK: "gbk",
};

/** Escape sequences that designate Korean and Chinese sets, whose characters then have their high bits set: what follows is plain EUC. */
const EUC_ESCAPES = ["\u001b$)C", "\u001b$)A"];

export const LATIN1 = new TextDecoder("latin1");

/** Text up to the first zero, of a few plain letters sooner than by a decoder. */
export function latin1(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  const own = end < 0 ? bytes : bytes.subarray(0, end);
  if (own.length > 64) return LATIN1.decode(own);
  for (let i = 0; i < own.length; i++) if (own[i]! > 0x7f) return LATIN1.decode(own);
  return String.fromCharCode.apply(undefined, own as unknown as number[]);
}

/**
 * Text in the sets that a file names: the first by itself, more by escape sequences (ISO 2022). Two sets of several bytes in one text are not decoded.
 *
 * @param sets the values of Specific Character Set
 */
export function decodeText(bytes: Uint8Array, sets: readonly string[]): string {
  if (sets.length === 0) return latin1(bytes);
  const names = sets.map((set) => NAMES[set.trim().replace(/^ISO(_IR| 2022 IR) /, "")]);
  const extended = names.find((name, n) => n > 0 && name !== undefined);
  const escaped = bytes.includes(0x1b);
  const name = (escaped ? (extended ?? names[0]) : names[0]) ?? "latin1";
  if (!escaped) return new TextDecoder(name).decode(bytes);
  if (name === "iso-2022-jp") return new TextDecoder(name).decode(withKanaEscapes(bytes));
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  const plain = EUC_ESCAPES.reduce((rest, mark) => rest.replaceAll(mark, ""), text);
  return new TextDecoder(name).decode(Uint8Array.from(plain, (letter) => letter.charCodeAt(0)));
}

/** Half-width kana are letters with the high bit set in ISO_IR 13; TextDecoder knows them by their escape sequence alone. */
function withKanaEscapes(bytes: Uint8Array): Uint8Array {
  const [kana, roman] = ["\u001b(I", "\u001b(J"];
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  const low = (run: string) => Array.from(run, (letter) => String.fromCharCode(letter.charCodeAt(0) & 0x7f));
  const escaped = text.replace(/[\u00a1-\u00df]+/g, (run) => `${kana}${low(run).join("")}${roman}`);
  return Uint8Array.from(escaped, (letter) => letter.charCodeAt(0));
}
