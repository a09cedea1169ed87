import { MidashError } from "../../../base/errors/index.ts";
import {
  brief,
  fieldError,
  type HeaderField,
  headerCut,
  headerLines,
  numbersOf,
  TEXT_HEAD,
} from "../text-header.ts";
import { withoutDots } from "../voxel-block.ts";

/** A NRRD header: its fields by their name in lower case, and its key/value pairs. */
export interface NrrdHeader {
  /** 1 to 5, of NRRD0001 to NRRD0005. */
  readonly version: number;
  readonly fields: ReadonlyMap<string, HeaderField>;
  readonly pairs: Readonly<Record<string, string>>;
  /** The lines behind "data file: LIST": names of files. */
  readonly list?: readonly string[];
  /** First byte after the blank line that ends the header; `undefined` when the file ends before one. */
  readonly end: number | undefined;
}

/** Most axes that Teem takes. */
const MOST_AXES = 16;

/** Names of one field that the format allows side by side. */
const SAME: Readonly<Record<string, string>> = {
  datafile: "data file",
  lineskip: "line skip",
  byteskip: "byte skip",
  blocksize: "block size",
  axismins: "axis mins",
  axismaxs: "axis maxs",
  centers: "centerings",
};

/** "NRRD000" and a digit, or "NRRD00.01", as the first ones began. */
export function sniffNrrd(head: Uint8Array): boolean {
  return /^NRRD00(0\d|\.01)\r?\n/.test(String.fromCharCode(...head.subarray(0, 11)));
}

/** @throws MidashError `invalid-file`, or `unsupported` for a version after NRRD0005 */
export function parseNrrdHeader(head: Uint8Array, where: string): NrrdHeader {
  const fields = new Map<string, HeaderField>();
  const pairs = new Map<string, string>();
  let version = 0;
  let end: number | undefined;
  let list: string[] | undefined;
  for (const { text, at, next } of headerLines(head)) {
    if (version === 0) {
      version = versionOf(text, where);
      continue;
    }
    if (list) {
      if (text !== "") list.push(withoutDots(text));
      continue;
    }
    if (text === "") {
      end = next;
      break;
    }
    if (text.startsWith("#")) continue;
    const colon = text.indexOf(":");
    const [name, value] = [text.slice(0, colon), text.slice(colon + 1)];
    if (name.trim() === "" || !/^[=\s]|^$/.test(value))
      throw new MidashError("invalid-file", `"${brief(text)}" is no line of a NRRD header`, {
        where,
        offset: at,
        hint: "fix the header, or get the file again",
      });
    if (value.startsWith("=")) pairs.set(unescapeText(name), unescapeText(value.slice(1)));
    else {
      const known = name.trim().toLowerCase();
      const field = { name: known, text: value.trim(), at };
      fields.set(SAME[known] ?? known, field);
      // All lines behind it are names: it is the last field.
      if ((SAME[known] ?? known) === "data file" && isList(field)) list = [];
    }
  }
  if (list && head.length >= TEXT_HEAD) throw headerCut(head.length, "its LIST", where);
  if (end === undefined && !fields.has("data file"))
    throw headerCut(head.length, "no blank line ends it", where);
  return { version, fields, pairs: Object.fromEntries(pairs), end, ...(list ? { list } : {}) };
}

/** "LIST", or "LIST 2" where each file has two axes. */
export function isList({ text }: Pick<HeaderField, "text">): boolean {
  return /^LIST(\s|$)/.test(text);
}

function versionOf(line: string, where: string): number {
  if (line === "NRRD00.01") return 1;
  const found = /^NRRD000(\d)$/.exec(line);
  const version = Number(found?.[1] ?? 0);
  if (version >= 1 && version <= 5) return version;
  const kind = found && version > 5 ? "unsupported" : "invalid-file";
  throw new MidashError(kind, `"${brief(line)}" is not NRRD0001 to NRRD0005`, { where, offset: 0 });
}

/** Voxels along each axis, 1 to 16 of them. @throws MidashError `invalid-file` */
export function sizesOf(header: NrrdHeader, where: string): number[] {
  const field = required(header, "dimension", where);
  const [axes] = numbersOf(field, where, 1);
  if (!Number.isInteger(axes) || axes! < 1 || axes! > MOST_AXES)
    throw fieldError(field, `${brief(field.text)} axes, NRRD has 1 to ${MOST_AXES}`, where);
  const sizes = required(header, "sizes", where);
  // Teem takes commas between sizes, of all fields.
  return numbersOf({ ...sizes, text: sizes.text.replaceAll(",", " ") }, where, axes);
}

/** @throws MidashError `invalid-file` when it is not there */
export function required({ fields }: NrrdHeader, name: string, where: string): HeaderField {
  const field = fields.get(name);
  if (field) return field;
  throw new MidashError("invalid-file", `its header has no field "${name}"`, {
    where,
    hint: "fix the header",
  });
}

/** Newlines and backslashes in keys and values are written \n and \\. */
function unescapeText(text: string): string {
  return text.replace(/\\([n\\])/g, (_, c: string) => (c === "n" ? "\n" : c));
}

/** The reverse of reading a key or value. */
export function escapeText(text: string): string {
  return text.replaceAll("\\", "\\\\").replace(/\r?\n/g, "\\n");
}
