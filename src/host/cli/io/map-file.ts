import { join, parse } from "node:path";

/** "sct_spread.nii.gz" beside "sct.nii.gz"; beside the folder of a DICOM series a NIfTI file. */
export function mapFile(out: string, name: string): string {
  const { dir, base } = parse(out);
  const [stem, ...endings] = base.split(".");
  return join(dir, `${stem}_${name}.${endings.join(".") || "nii.gz"}`);
}
