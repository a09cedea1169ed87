/** A file to save. */
export interface Saved {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** "case1/mr.nii.gz" and "sct" to "mr_sct.nii.gz". */
export function fileName(source: string, what: string, extension: string): string {
  const base = source
    .replace(/^.*\//, "")
    .replace(/\.(nii|mha|mhd|nrrd|nhdr|mgh|mgz)?(\.gz)?$/i, "")
    .replaceAll(/[^\w.-]+/g, "-");
  return `${base || "head"}_${what}${extension}`;
}
