import { applyAffine, reorient, type Volume } from "../../src/index.ts";
import { madeSlice } from "./made-dicom.ts";

const MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4";

/** An MR as a DICOM series of axial slices, as files in memory: values rounded to integers. */
export function madeHeadSeries(mr: Volume): { readonly name: string; readonly bytes: Uint8Array }[] {
  const turned = reorient(mr, "LPS");
  const {
    shape: [nx, ny, nz],
    affine,
    spacing,
  } = turned;
  const values = Int16Array.from(turned.values(), Math.round);
  return Array.from({ length: nz }, (_, k) => {
    const [x, y, z] = applyAffine(affine, [0, 0, k]);
    const pixels = values.slice(k * nx * ny, (k + 1) * nx * ny);
    const bytes = madeSlice(k, {
      SOPClassUID: MR_IMAGE,
      Modality: "MR",
      SeriesDescription: "simulated T1",
      SliceThickness: String(spacing[2]),
      ImagePositionPatient: `${-x}\\${-y}\\${z}`, // DICOM's axes run to the left and the back
      Rows: ny,
      Columns: nx,
      PixelSpacing: `${spacing[1]}\\${spacing[0]}`,
      RescaleIntercept: null,
      RescaleSlope: null,
      PixelData: new Uint8Array(pixels.buffer),
    });
    return { name: `IM${String(k).padStart(3, "0")}.dcm`, bytes };
  });
}
