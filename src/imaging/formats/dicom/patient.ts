import type { Attribute, Vr } from "./dataset-writer.ts";
import type { DicomFile } from "./file.ts";
import type { UidSource } from "./uids.ts";

type Rule =
  /** Kept as it is; when anonymised, left out. */
  | "remove"
  /** Must be there, may be empty; when anonymised, empty. */
  | "empty"
  /** Kept in either case: it does not say who the patient is. */
  | "keep"
  /** Must be there, may be empty; kept in either case. */
  | "keep or empty";

/** What goes from the source to the series made of it, and what PS3.15's basic profile (table E.1-1) does with it. */
const COPIED: readonly (readonly [tag: number, vr: Vr, rule: Rule])[] = [
  [0x00080020, "DA", "empty"], // Study Date
  [0x00080030, "TM", "empty"], // Study Time
  [0x00080050, "SH", "empty"], // Accession Number
  [0x00080090, "PN", "empty"], // Referring Physician's Name
  [0x00081030, "LO", "remove"], // Study Description
  [0x00100021, "LO", "remove"], // Issuer of Patient ID
  [0x00100030, "DA", "empty"], // Patient's Birth Date
  [0x00100040, "CS", "empty"], // Patient's Sex
  [0x00101000, "LO", "remove"], // Other Patient IDs
  [0x00101010, "AS", "remove"], // Patient's Age
  [0x00101020, "DS", "remove"], // Patient's Size
  [0x00101030, "DS", "remove"], // Patient's Weight
  [0x00180015, "CS", "keep"], // Body Part Examined
  [0x00185100, "CS", "keep or empty"], // Patient Position
  [0x00200010, "SH", "empty"], // Study ID
  [0x00201040, "LO", "empty"], // Position Reference Indicator
];
const CHARACTER_SET: readonly [number, Vr] = [0x00080005, "CS"];
const NAME: readonly [number, Vr] = [0x00100010, "PN"];
const ID: readonly [number, Vr] = [0x00100020, "LO"];
const REMOVED: readonly [number, Vr] = [0x00120062, "CS"];
const METHOD: readonly [number, Vr] = [0x00120063, "LO"];

/**
 * Patient and study of a file, byte for byte in its own character set, or anonymised: PS3.15's basic profile for what we copy, and
 * nothing else is copied.
 */
export function patientOf(
  { elements }: DicomFile,
  options: { readonly anonymise: boolean; readonly uid: UidSource },
): readonly Attribute[] {
  const { anonymise, uid } = options;
  const copy = ([tag, vr]: readonly [number, Vr]): Attribute | undefined => {
    const value = elements.bytes(`x${tag.toString(16).padStart(8, "0")}`);
    return value && value.length < 0xffff ? { tag, vr, value } : undefined;
  };
  const out: (Attribute | undefined)[] = COPIED.map(([tag, vr, rule]) => {
    const kept = anonymise && !rule.startsWith("keep") ? undefined : copy([tag, vr]);
    return kept ?? (rule.endsWith("empty") ? { tag, vr, value: "" } : undefined);
  });
  // Must be there for one of a pair of organs: of an unnamed part of the body nobody knows.
  const side = copy([0x00200060, "CS"]);
  out.push(side ?? (elements.bytes("x00180015") ? undefined : { tag: 0x00200060, vr: "CS", value: "" }));
  if (anonymise) {
    const key = new TextDecoder("latin1").decode(elements.bytes("x00100020") ?? new Uint8Array(0)).trim();
    const id = `ANON-${uid(`patient ${key}`).slice(-10)}`;
    out.push(
      { tag: NAME[0], vr: NAME[1], value: id.replace("-", "^") },
      { tag: ID[0], vr: ID[1], value: id },
      { tag: REMOVED[0], vr: REMOVED[1], value: "YES" },
      { tag: METHOD[0], vr: METHOD[1], value: "Attributes rewritten by miDASH, UIDs replaced" },
      {
        tag: 0x00120064,
        vr: "SQ",
        value: [codeOf("113100", "Basic Application Confidentiality Profile")],
      },
      { tag: 0x00280303, vr: "CS", value: "REMOVED" }, // Longitudinal Temporal Information Modified
    );
  } else {
    const empty = ([tag, vr]: readonly [number, Vr]) => ({ tag, vr, value: "" });
    out.push(copy(CHARACTER_SET), copy(NAME) ?? empty(NAME), copy(ID) ?? empty(ID), copy(REMOVED));
    const removed = copy(REMOVED) && elements.bytes("x00120062")?.[0] === 0x59; // "Y"
    const method = copy(METHOD) ?? { tag: METHOD[0], vr: METHOD[1], value: "as the source series" };
    if (removed) out.push(method);
  }
  return out.filter((attribute) => attribute !== undefined);
}

/** A code of DICOM's own dictionary (PS3.16). */
export function codeOf(value: string, meaning: string): readonly Attribute[] {
  return [
    { tag: 0x00080100, vr: "SH", value },
    { tag: 0x00080102, vr: "SH", value: "DCM" },
    { tag: 0x00080104, vr: "LO", value: meaning },
  ];
}
