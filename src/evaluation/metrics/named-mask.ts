import { Volume } from "../../imaging/volume/index.ts";

/** A mask and what it is, in words that complete "voxels inside ...": reports give them as their mask rule. */
export interface NamedMask {
  readonly volume: Volume;
  readonly name: string;
}

/** The voxels that count: those above 0. A volume alone is "the given mask (above 0)". */
export type MetricMask = Volume | NamedMask;

/** The name of what `bodyMask` finds. */
export const BODY_OF_CT = "the body of the CT (largest part above -300 HU, holes filled)";

export function namedMask(mask: MetricMask | undefined): NamedMask | undefined {
  return Volume.is(mask) ? { volume: mask, name: "the given mask (above 0)" } : mask;
}

/** Which voxels count, in words. */
export function voxelsInside(maskName: string | undefined): string {
  return maskName === undefined ? "no mask given: all voxels" : `voxels inside ${maskName}`;
}
