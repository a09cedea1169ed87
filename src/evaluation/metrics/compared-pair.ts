import { assert, type ErrorSubject } from "../../base/errors/index.ts";
import { assertSameGrid, maskBytes, reorient, type Volume } from "../../imaging/volume/index.ts";
import { type MetricMask, namedMask } from "./named-mask.ts";

/** A synthetic CT and the CT, ready to be compared: in HU, on one RAS grid, finite where they count. */
export interface ComparedPair {
  readonly prediction: Volume;
  readonly reference: Volume;
  /** On the same grid. */
  readonly mask: Volume | undefined;
  /** What the mask is, in words. */
  readonly maskName: string | undefined;
  /** The mask's bytes, 0 or 1; undefined without a mask. */
  readonly inside: Uint8Array | undefined;
}

/**
 * Checks two volumes and brings them to RAS.
 *
 * @param options.everywhere whether voxels outside the mask must be finite too. Default false
 * @throws MidashError `invalid-argument` for other units, an empty mask and voxels that are not finite; `grid-mismatch`
 */
export function comparedPair(
  prediction: Volume,
  reference: Volume,
  mask: MetricMask | undefined,
  where: ErrorSubject,
  options: { readonly everywhere?: boolean } = {},
): ComparedPair {
  for (const [name, volume] of Object.entries({ prediction, reference }))
    assert(volume.unit === "HU", `must be in HU, its unit is "${volume.unit}"`, {
      where: { ...where, option: name },
      hint: 'if its values are HU, say so: volume.with({ unit: "HU" })',
    });
  const named = namedMask(mask);
  const pair = {
    prediction: reorient(prediction),
    reference: reorient(reference),
    mask: named && reorient(named.volume),
    maskName: named?.name,
  };
  assertSameGrid(pair.prediction, pair.reference, ["prediction", "reference"], where);
  if (pair.mask) assertSameGrid(pair.mask, pair.reference, ["mask", "reference"], where);
  const inside = pair.mask && maskBytes(pair.mask);
  assert(!inside || inside.includes(1), "is empty: no voxel is above 0", {
    where: { ...where, option: "mask" },
  });
  const counted = options.everywhere ? undefined : inside;
  assertFinite(pair.prediction, counted, { ...where, option: "prediction" });
  assertFinite(pair.reference, counted, { ...where, option: "reference" });
  return { ...pair, inside };
}

/** @param inside the voxels that count, not 0; all without it */
export function assertFinite(volume: Volume, inside: Uint8Array | undefined, where: ErrorSubject): void {
  const { data } = volume;
  if (!(data instanceof Float32Array || data instanceof Float64Array)) return;
  let bad = 0;
  for (let i = 0; i < data.length; i++)
    // Only NaN and the infinities have a difference to themselves that is not 0.
    if (data[i]! - data[i]! !== 0 && (!inside || inside[i])) bad++;
  assert(bad === 0, `${bad} voxels are NaN or infinite`, { where });
}
