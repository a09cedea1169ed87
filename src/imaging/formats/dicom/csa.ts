/**
 * A value of the CSA header that Siemens scanners before XA write into private elements (0029,xx10) and (0029,xx20). Layout as NiBabel documents it ("Siemens format
 * DICOM with CSA header"): a list of named tags, each with a list of texts.
 *
 * @returns the values that are not empty; undefined where the header or the tag is not there
 */
export function csaValues(bytes: Uint8Array, wanted: string): readonly string[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = (at: number, length: number) =>
    new TextDecoder("latin1")
      .decode(bytes.subarray(at, at + length))
      .split("\0")[0]!
      .trim();
  const second = text(0, 4) === "SV10";
  let at = second ? 8 : 0;
  if (bytes.length < at + 8) return undefined;
  const count = view.getUint32(at, true);
  if (count < 1 || count > 1000) return undefined;
  at += 8;
  let first = 0;
  for (let n = 0; n < count && at + 84 <= bytes.length; n++) {
    const found = text(at, 64) === wanted;
    const items = view.getInt32(at + 76, true);
    if (items < 0 || items > 1000) return undefined;
    if (n === 0) first = items;
    at += 84;
    const values: string[] = [];
    for (let i = 0; i < items && at + 16 <= bytes.length; i++) {
      // The older kind counts the first tag's items to each length.
      const length = second ? view.getInt32(at + 4, true) : Math.max(0, view.getInt32(at, true) - first);
      at += 16;
      if (length < 0 || at + length > bytes.length) return undefined;
      if (found && length > 0) values.push(text(at, length));
      at += Math.ceil(length / 4) * 4;
    }
    if (found) return values.filter((value) => value !== "");
  }
  return undefined;
}
