import { join, parse } from "node:path";
import { fail } from "../../../base/errors/index.ts";
import { longFlag } from "../../runs/index.ts";
import { STANDARD } from "./standard-streams.ts";

/** "sct_spread.nii.gz" beside "sct.nii.gz"; beside the folder of a DICOM series a NIfTI file. */
export function mapFile(out: string, name: string): string {
  if (out === STANDARD)
    fail("invalid-argument", "is written beside <out>, which is standard output", {
      where: longFlag(name),
      hint: "leave it out, or give a file as <out>",
    });
  const { dir, base } = parse(out);
  const [stem, ...endings] = base.split(".");
  return join(dir, `${stem}_${name}.${endings.join(".") || "nii.gz"}`);
}
