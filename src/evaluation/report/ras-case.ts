import { mapInto } from "../../base/bytes/index.ts";
import { assert } from "../../base/errors/index.ts";
import type { View } from "../../imaging/display/index.ts";
import {
  applyAffine,
  assertSameGrid,
  reorient,
  type Triple,
  type Volume,
} from "../../imaging/volume/index.ts";
import type { ReportCase } from "./content.ts";

/** A case on the canonical RAS grid, ready to be cut into slices. */
export interface RasCase {
  readonly id: string;
  /** One of the volumes: all lie on its grid. */
  readonly grid: Volume;
  readonly mr?: Volume;
  readonly sct?: Volume;
  readonly ct?: Volume;
  readonly classes?: NonNullable<ReportCase["classes"]>;
  readonly uncertainty?: Volume;
  /** 1 where voxels are scored, one byte a voxel; absent: everywhere. */
  readonly scored?: Uint8Array;
  readonly maskRule?: string;
}

/** @throws MidashError `invalid-argument`, `grid-mismatch` */
export function rasCase({ id, maskRule, ...volumes }: ReportCase): RasCase {
  const where = `reportHtml case "${id}"`;
  const ras = (volume: Volume | undefined) => volume && reorient(volume);
  const [mr, sct, ct, mask] = [volumes.mr, volumes.sct, volumes.ct, volumes.mask].map(ras);
  const [classes, uncertainty] = [volumes.classes?.volume, volumes.uncertainty].map(ras);
  const grid = sct ?? classes;
  assert(grid, "has neither sct nor classes", { where });
  for (const [name, volume] of Object.entries({ sct, ct, uncertainty }))
    assert(!volume || volume.unit === "HU", `${name} must be in HU, its unit is "${volume?.unit}"`, {
      where,
    });
  for (const [name, volume] of Object.entries({ mr, ct, mask, classes, uncertainty }))
    if (volume) assertSameGrid(volume, grid, [name, sct ? "sct" : "classes"], where);
  return {
    id,
    grid,
    mr,
    sct,
    ct,
    uncertainty,
    ...(classes ? { classes: { volume: classes, names: volumes.classes!.names } } : {}),
    maskRule,
    ...(mask ? { scored: mapInto(new Uint8Array(mask.size), mask.values(), (v) => (v > 0 ? 1 : 0)) } : {}),
  };
}

/** Where the middle of slice `index` lies along the view's axis of the world, in mm. */
export function positionOf(volume: Volume, view: View, index: number): number {
  const middle = volume.shape.map((n) => (n - 1) / 2);
  middle[view.through] = index;
  return applyAffine(volume.affine, middle as unknown as Triple)[view.through];
}
