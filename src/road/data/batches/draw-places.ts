import type { Random } from "../../../base/random/index.ts";
import { DENSITY_CLASSES } from "../../../imaging/hounsfield/index.ts";
import type { Volume } from "../../../imaging/volume/index.ts";
import type { Place, Sampler, Subject } from "../../preparation/index.ts";

/** HU from which a voxel is bone. */
const BONE = DENSITY_CLASSES.at(-1)!.min;

/**
 * Places of a pass, of which a share is drawn from the foreground alone: nnU-Net's `oversample_foreground_percent`. Where there is no foreground, or a sampler takes all
 * places that hold any weight, as of slices, they stay as they are.
 */
export function drawPlaces(
  sampler: Sampler,
  random: Random,
  {
    learnt,
    share,
    foreground,
  }: { readonly learnt: Volume; readonly share: number; readonly foreground: () => Volume | undefined },
): readonly Place[] {
  const places = sampler.draw(learnt, random);
  const within = share > 0 ? foreground() : undefined;
  if (!within) return places;
  const others = sampler.draw(within, random);
  if (others.length !== places.length) return places;
  return places.map((place, n) => (random.next() < share ? others[n]! : place));
}

/** What is rare and matters where something is learnt, 1: voxels of any label but 0, or without labels bone. Undefined without labels and CT. */
export function foregroundOf(
  { targets, masks }: Pick<Subject, "targets" | "masks">,
  hu: Volume | undefined,
): Volume | undefined {
  const labels = Object.values(targets).filter(({ kind }) => kind === "labels");
  const learnt = masks.learnt!.values();
  const [values, least] = labels[0] ? [labels[0].volume.values(), 1] : [hu?.values(), BONE];
  if (values?.length !== learnt.length) return undefined;
  return masks.learnt!.with({
    data: Uint8Array.from(learnt, (weight, n) => (weight > 0 && values[n]! >= least ? 1 : 0)),
  });
}
