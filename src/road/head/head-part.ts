import {
  applyAffine,
  type Grid,
  invertAffine,
  mapTriple,
  resample,
  shiftAffine,
  type Triple,
  type Volume,
} from "../../imaging/volume/index.ts";
import { ctOfClasses } from "./class-ct.ts";
import { probabilityOf } from "./class-maps.ts";
import type { EarlyPart } from "./early-parts.ts";

/** A box of the synthetic CT before all of it is there. */
export interface HeadPart {
  /** HU, Float32, on the image's own voxels; NaN where another part has what is there. */
  readonly sct: Volume;
  /** Which voxel of the image its first one is. */
  readonly from: Triple;
}

/** A part of what the network says as a part of the synthetic CT of an image; undefined where the image has no voxel there. */
export function headPart({ outputs, own }: EarlyPart, mr: Volume): HeadPart | undefined {
  const { ct, tissue } = outputs;
  if (ct?.kind !== "ct" || tissue?.kind !== "labels") return undefined; // the whole answer is refused with the reason
  const box = voxelsIn(mr, own);
  if (!box) return undefined;
  const hu = ctOfClasses(ct.volume, probabilityOf(tissue.probabilities));
  const sct = resample(hu, { like: box, fill: Number.NaN });
  const { affine, shape } = box;
  const { simulated } = mr;
  return { sct: sct.with({ affine, shape, data: sct.values(), unit: "HU", simulated }), from: box.from };
}

/** The voxels of a grid whose centres lie in another, with what is around them where that is turned. */
function voxelsIn(grid: Grid, own: Grid): (Grid & { readonly from: Triple }) | undefined {
  const toVoxel = invertAffine(grid.affine);
  const corners = Array.from({ length: 8 }, (_, corner) =>
    applyAffine(
      toVoxel,
      applyAffine(
        own.affine,
        mapTriple(own.shape, (n, d) => ((corner >> d) & 1 ? n - 0.5 : -0.5)),
      ),
    ),
  );
  const edge = (axis: number, most: (...values: number[]) => number) =>
    most(...corners.map((corner) => corner[axis]!));
  const from = mapTriple(grid.shape, (_, axis) => Math.max(0, Math.ceil(edge(axis, Math.min) - 1e-3)));
  const to = mapTriple(grid.shape, (n, axis) => Math.min(n, Math.floor(edge(axis, Math.max) + 1e-3) + 1));
  const shape = mapTriple(to, (end, axis) => end - from[axis]!);
  if (Math.min(...shape) < 1) return undefined;
  return { shape, affine: shiftAffine(grid.affine, from), from };
}
