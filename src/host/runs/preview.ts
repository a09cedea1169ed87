import { montagePng } from "../../evaluation/report/index.ts";
import { boundingBox, reorient, sameGrid } from "../../imaging/volume/index.ts";
import type { ValidatedCase } from "../../road/training/index.ts";

/** MR, sCT, CT and error through the middle of the body, as PNG. */
export function previewPng({ id, mr, sct, ct }: ValidatedCase, epoch: number): Promise<Uint8Array> {
  const like = reorient(ct);
  const { low, shape } = boundingBox(
    like.values().map((v) => (v > -500 ? 1 : 0)),
    like.shape,
  ) ?? {
    low: [0, 0, 0],
    shape: like.shape,
  };
  const title = `${id.replaceAll(/[^\x20-\x7e]/g, "?")}  epoch ${epoch}`;
  const seen = sameGrid(mr, ct) ? { mr } : {}; // a plugin's step may have moved on
  return montagePng([
    {
      title,
      ...seen,
      sct: sct.with({ simulated: mr.simulated }),
      ct,
      slices: [Math.floor(low[2] + shape[2] / 2)],
    },
  ]);
}
