import { fail } from "../../../base/errors/index.ts";
import type { Triple, VolumeData } from "../../volume/index.ts";
import { csaValues } from "./csa.ts";
import type { DicomFile } from "./file.ts";
import type { Frame, Tile } from "./frame.ts";
import { along, cross, dot, unit } from "./vectors.ts";

/** Whether a file is a mosaic of Siemens: all slices of a volume side by side in one image. */
export function isMosaic({ elements }: DicomFile): boolean {
  return elements.texts("ImageType").includes("MOSAIC");
}

/**
 * The slices of a mosaic, as dcm2niix and NiBabel split it: tiles row by row, as many a row as a square needs. The stated position is that of a slice as large as
 * the mosaic would have; slices follow each other along the normal that the header states.
 *
 * @throws MidashError `unsupported` where the file does not state how many slices there are
 */
export function tilesOf(whole: Frame): readonly Frame[] {
  const { file, size, spacing, row, column } = whole;
  const { where } = file;
  const count = sliceCount(file);
  if (count === undefined)
    return fail("unsupported", "a mosaic of slices in one image that does not state how many there are", {
      where,
      hint: "split it first, e.g. with dcm2niix",
    });
  const across = Math.ceil(Math.sqrt(count));
  const [nx, ny] = [size[0] / across, size[1] / across];
  if (!Number.isInteger(nx) || !Number.isInteger(ny))
    return fail(
      "invalid-file",
      `a mosaic of ${size.join("×")} pixels does not divide into ${across}×${across} slices`,
      {
        where,
        hint: "get the file again",
      },
    );
  const step = file.elements.number("SpacingBetweenSlices") ?? whole.thickness;
  if (step === undefined || !(step > 0))
    return fail("unsupported", "a mosaic without SpacingBetweenSlices", {
      where,
      hint: "split it first, e.g. with dcm2niix",
    });
  const normal = sliceNormal(file) ?? cross(row, column);
  const corner = along(
    along(whole.position, ((size[0] - nx) / 2) * spacing[0], row),
    ((size[1] - ny) / 2) * spacing[1],
    column,
  );
  return Array.from({ length: count }, (_, n): Frame => {
    const tile = {
      left: nx * (n % across),
      top: ny * Math.floor(n / across),
      width: size[0],
      height: size[1],
    };
    return { ...whole, size: [nx, ny], position: along(corner, n * step, normal), tile };
  });
}

/** One tile of the pixels of a whole image. */
export function cutTile(
  image: VolumeData,
  { left, top, width }: Tile,
  [nx, ny]: readonly [number, number],
): VolumeData {
  const out = image.slice(0, nx * ny);
  for (let y = 0; y < ny; y++) {
    const from = left + width * (top + y);
    out.set(image.subarray(from, from + nx), nx * y);
  }
  return out;
}

const CSA_IMAGE = "SIEMENS CSA HEADER";
const MR_HEADER = "SIEMENS MR HEADER";

function sliceCount(file: DicomFile): number | undefined {
  const stated = file.elements.privateElement(0x19, MR_HEADER, 0x0a);
  const csa = file.elements.privateElement(0x29, CSA_IMAGE, 0x10);
  const count =
    stated?.length === 2
      ? stated[0]! + 256 * stated[1]!
      : Number(csa && csaValues(csa, "NumberOfImagesInMosaic")?.[0]);
  return Number.isInteger(count) && count >= 1 && count <= 1024 ? count : undefined;
}

function sliceNormal(file: DicomFile): Triple | undefined {
  const csa = file.elements.privateElement(0x29, CSA_IMAGE, 0x10);
  const values = (csa && csaValues(csa, "SliceNormalVector"))?.map(Number);
  if (values?.length !== 3 || !values.every(Number.isFinite)) return undefined;
  const normal = values as unknown as Triple;
  return dot(normal, normal) > 0.9 ? unit(normal) : undefined;
}
