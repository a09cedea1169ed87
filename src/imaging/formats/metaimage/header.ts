import { MidashError } from "../../../base/errors/index.ts";
import { fieldError, type HeaderField, headerCut, headerLines, numbersOf } from "../text-header.ts";

/** The lines "Key = value" of a MetaImage header, by key as MetaIO writes them. */
export interface MetaImageHeader {
  readonly fields: ReadonlyMap<string, HeaderField>;
  /** First byte after the header: of the voxels, if they follow it. */
  readonly end: number;
}

/** Most axes that MetaIO takes. */
const MOST_AXES = 10;
/** Lines that a header may begin with; ITK writes Comment or ObjectType, and takes any. */
const FIRST =
  /^(Comment|Object(Sub)?Type|NDims|Name|ID|ParentID|Color|Modality|BinaryData\w*|CompressedData|TransformMatrix|Offset|AnatomicalOrientation|Element\w+)$/;

/** Whether the head is a MetaImage's: lines of "Key = value", the first one known, among them "ObjectType = Image" or "NDims". */
export function sniffMetaImage(head: Uint8Array): boolean {
  let first = true;
  for (const { text } of headerLines(head)) {
    if (first && text.trim() === "") continue;
    const field = fieldOf(text);
    if (!field || (first && !FIRST.test(field.name))) return false;
    first = false;
    if (field.name === "ObjectType") return /^image$/i.test(field.text);
    if (field.name === "NDims") return /^\d+$/.test(field.text);
  }
  return false;
}

/** @throws MidashError `invalid-file` */
export function parseMetaImageHeader(head: Uint8Array, where: string): MetaImageHeader {
  const fields = new Map<string, HeaderField>();
  for (const line of headerLines(head)) {
    if (/\p{Cc}/u.test(line.text.replaceAll("\t", " "))) break; // voxels: the header has no end
    const field = fieldOf(line.text);
    if (!field) continue; // an empty line, or the rest of a value that holds a line break
    fields.set(field.name, { ...field, at: line.at });
    if (field.name === "ElementDataFile") return { fields, end: line.next };
  }
  throw headerCut(head.length, "it has no ElementDataFile", where);
}

/** Voxels along each axis, 1 to 10 of them. @throws MidashError `invalid-file` */
export function sizesOf({ fields }: MetaImageHeader, where: string): number[] {
  const count = required(fields, "NDims", where);
  const [axes] = numbersOf(count, where, 1);
  if (!Number.isInteger(axes) || axes! < 1 || axes! > MOST_AXES)
    throw fieldError(count, `${count.text} axes, MetaImage has 1 to ${MOST_AXES}`, where);
  return numbersOf(required(fields, "DimSize", where), where, axes);
}

/** @throws MidashError `invalid-file` when it is not there */
export function required(fields: MetaImageHeader["fields"], name: string, where: string): HeaderField {
  const field = fields.get(name);
  if (field) return field;
  throw new MidashError("invalid-file", `its header has no ${name}`, { where, hint: "fix the header" });
}

/** The first of these fields that is there: MetaIO has several names for one thing. */
export function firstField(
  fields: MetaImageHeader["fields"],
  names: readonly string[],
): HeaderField | undefined {
  return names.map((name) => fields.get(name)).find((field) => field !== undefined);
}

/** "True" or "False"; MetaIO looks at the first letter. */
export function flagOf(field: HeaderField | undefined, otherwise: boolean): boolean {
  return field === undefined ? otherwise : /^[t1]/i.test(field.text);
}

/** "Key = value", or "Key: value", which MetaIO takes, too. */
function fieldOf(line: string): HeaderField | undefined {
  const at = line.search(/[=:]/);
  const name = line.slice(0, Math.max(0, at)).trim();
  if (name === "") return undefined;
  return { name, text: line.slice(at + 1).trim(), at: 0 };
}
