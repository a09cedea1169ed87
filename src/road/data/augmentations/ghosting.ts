import { acquired, ghostShares } from "../../../imaging/artefacts/index.ts";
import type { Augmentation } from "./augmentation.ts";
import { changeInputs } from "./change-inputs.ts";
import { boundsOf, checkInteger, checkShare, drawn, drawnInteger, type RandomRange } from "./settings.ts";

/** Options of `augmentations.ghosting`. */
export interface GhostingOptions {
  /** How often each input is changed. Default 0.1. */
  readonly share?: number;
  /** How many ghosts: each so-many-th line of k-space is weaker. Default [4, 10], as TorchIO. */
  readonly ghosts?: readonly [low: number, high: number];
  /** By what share those lines are weaker. Default [0.5, 1], as TorchIO. */
  readonly loss?: RandomRange;
  /** Share of the lines, about the middle one, that stays whole. Default 0.02, as TorchIO. */
  readonly centre?: number;
}

/** Ghosts along one of the sample's axes, as pulsation and breathing make: TorchIO's, but for magnitudes where it takes real parts, so that nothing is darker than the background. */
export function ghosting(options: GhostingOptions = {}): Augmentation {
  const where = { call: "augmentations.ghosting" };
  const share = checkShare(options.share ?? 0.1, where);
  const ghosts = boundsOf(options.ghosts ?? [4, 10], "ghosts", where, { min: 2, pair: true });
  for (const bound of ghosts) checkInteger(bound, "ghosts", where, [2, 1024]);
  const loss = boundsOf(options.loss ?? [0.5, 1], "loss", where, { min: 0, max: 1 });
  const centre = checkShare(options.centre ?? 0.02, where, "centre");
  return {
    name: "ghosting",
    about: "adds ghosts to inputs along one axis",
    toJSON: () => ({ name: "ghosting", share, ghosts, loss, centre }),
    apply: (sample, random) =>
      changeInputs(sample, random, share, ({ channels, shape, outside }) => {
        const axis = random.integer(sample.axes.length);
        const every = drawnInteger(random, ghosts);
        const shares = [ghostShares(shape[axis]!, every, drawn(random, loss), centre)];
        for (const plane of channels) plane.set(acquired([plane], shape, { axis, shares, outside }));
      }),
  };
}
