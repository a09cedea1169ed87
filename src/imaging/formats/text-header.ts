import { MidashError } from "../../base/errors/index.ts";

/** Most bytes of a text header. Those of segmentations with hundreds of named parts have some 100 KB. */
export const TEXT_HEAD = 2 ** 20;

/** A line of a text header. */
export interface HeaderLine {
  readonly text: string;
  /** Its first byte. */
  readonly at: number;
  /** The first byte of the next line; after the last one the end. */
  readonly next: number;
}

const LF = 0x0a;
const CR = 0x0d;

/** The lines of a header, one by one: what follows it is not text. They end in LF or CR LF. */
export function* headerLines(head: Uint8Array): Generator<HeaderLine> {
  const utf8 = new TextDecoder();
  for (let at = 0; at < head.length; ) {
    const found = head.indexOf(LF, at);
    const end = found < 0 ? head.length : found;
    const next = found < 0 ? head.length : found + 1;
    const stop = end > at && head[end - 1] === CR ? end - 1 : end;
    yield { text: stop > at ? utf8.decode(head.subarray(at, stop)) : "", at, next };
    at = next;
  }
}

/** A header's field, with where it stands. */
export interface HeaderField {
  readonly name: string;
  readonly text: string;
  readonly at: number;
}

/** An error about a field. */
export function fieldError(
  { name, at }: Pick<HeaderField, "name" | "at">,
  what: string,
  where: string,
  kind: "invalid-file" | "unsupported" = "invalid-file",
): MidashError {
  const hint = kind === "unsupported" ? "convert it first" : "fix the header, or get the file again";
  return new MidashError(kind, `${name}: ${what}`, { where, offset: at, hint });
}

/** The header's end was not found. */
export function headerCut(length: number, what: string, where: string): MidashError {
  return length < TEXT_HEAD
    ? new MidashError("invalid-file", `truncated inside the header: ${what}`, {
        where,
        offset: length,
        hint: "get the file again",
      })
    : new MidashError("invalid-file", `its header does not end within ${TEXT_HEAD} bytes`, {
        where,
        hint: "check that this is the right file",
      });
}

/**
 * The numbers of a field, divided by blanks.
 *
 * @param count how many there must be; default any number
 * @throws MidashError `invalid-file`
 */
export function numbersOf(field: HeaderField, where: string, count?: number): number[] {
  const words = field.text.split(/\s+/).filter((word) => word !== "");
  if (count !== undefined && words.length !== count)
    throw fieldError(field, `${words.length} values, there must be ${count}`, where);
  return words.map((word) => numberOf(word, field, where));
}

/** One number, as C's strtod takes it; "nan" is one. @throws MidashError `invalid-file` */
export function numberOf(word: string, field: HeaderField, where: string): number {
  if (/^[-+]?nan$/i.test(word)) return Number.NaN;
  const value = /^[-+]?(\d|\.\d)/.test(word) ? Number(word) : Number.NaN;
  if (Number.isNaN(value)) throw fieldError(field, `"${brief(word)}" is not a number`, where);
  return value;
}

/** A text of a file, short enough for a message. */
export function brief(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
