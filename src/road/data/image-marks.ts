/** What tells whether an image is still the one that it was, without reading all of it. */
export interface ImageMark {
  /** Of its files together. */
  readonly bytes: number;
  /** SHA-256 of their content, or of so much of it that another image has another one; 64 hexadecimal digits. */
  readonly sha256: string;
  /** When its files were last written, ms since 1970: where it is the same, `sha256` needs no reading. It may differ for the same image. */
  readonly modified?: number;
}

/** Of a case's images by name: its inputs and targets, and `mask`. */
export type ImageMarks = Readonly<Record<string, ImageMark>>;

/** Whether two marks are of one content. */
export function isSameImage(a: ImageMark, b: ImageMark): boolean {
  return a.bytes === b.bytes && a.sha256 === b.sha256;
}
