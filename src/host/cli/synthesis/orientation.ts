import { valueKinds } from "../../../base/options/index.ts";
import { reorient, type Volume } from "../../../imaging/volume/index.ts";

/** How `--orientation` is said. */
export const ORIENTATION_OPTION = [
  "--orientation <which>",
  "how the slices of what is written lie: axial, sagittal, coronal or as-input; axes are permuted and flipped, no voxel is interpolated (default: axial for DICOM, else as-input)",
] as const;

/** Columns to, rows to, slices to, as radiologists look at them; each is right-handed. */
const AXES = { axial: "LPS", sagittal: "PIR", coronal: "LIP" } as const;

/** Which way the slices lie. */
export type Orientation = keyof typeof AXES | "as-input";

/** What `--orientation` says. */
export function orientationFlag(given: string | undefined): Orientation | undefined {
  const known = ["axial", "sagittal", "coronal", "as-input"] as const;
  return given === undefined ? undefined : valueKinds.choice<Orientation>(known).read(given, "--orientation");
}

/** A volume with its slices that way: of an oblique one, as nearly as its axes allow. */
export function oriented(volume: Volume, orientation: Orientation): Volume {
  return orientation === "as-input" ? volume : reorient(volume, AXES[orientation]);
}
