import { acquired, motionShares } from "../../../imaging/artefacts/index.ts";
import type { Triple } from "../../../imaging/volume/index.ts";
import { affineMove } from "./affine.ts";
import type { Augmentation } from "./augmentation.ts";
import { changeInputs } from "./change-inputs.ts";
import { follow } from "./geometry/follow.ts";
import { routeThrough } from "./geometry/route.ts";
import { type Bounds, boundsOf, checkInteger, checkShare, drawn, type RandomRange } from "./settings.ts";

/** Options of `augmentations.motion`. */
export interface MotionOptions {
  /** How often each input is changed. Default 0.1. */
  readonly share?: number;
  /** How often the head moves during a scan, 1 to 8. Default 2, as TorchIO. */
  readonly movements?: number;
  /** How far it turns about each axis. Default 3; TorchIO's 10 leaves images that no radiologist would keep. */
  readonly degrees?: RandomRange;
  /** How far it moves along each axis, mm. Default 3; TorchIO's is 10. */
  readonly translation?: RandomRange;
}

/** Times of movements are even but for so much of the time between them, as TorchIO's. */
const UNEVEN = 0.3;
const STILL: Triple = [1, 1, 1];

/**
 * A head that moves while it is scanned: lines of k-space, along one of the sample's axes, are of a head that lies elsewhere (Shaw et al. 2019). The middle of k-space is of the
 * head where it lies in the target. As TorchIO's, but along any axis, about the sample's middle, and with magnitudes for real parts.
 */
export function motion(options: MotionOptions = {}): Augmentation {
  const where = { call: "augmentations.motion" };
  const share = checkShare(options.share ?? 0.1, where);
  const movements = checkInteger(options.movements ?? 2, "movements", where, [1, 8]);
  const degrees = boundsOf(options.degrees ?? 3, "degrees", where, { neutral: 0, min: -180, max: 180 });
  const translation = boundsOf(options.translation ?? 3, "translation", where, { neutral: 0 });
  return {
    name: "motion",
    about: "moves the head while inputs are scanned",
    toJSON: () => ({ name: "motion", share, movements, degrees, translation }),
    apply: (sample, random) =>
      changeInputs(sample, random, share, ({ channels, shape, spacing, outside }) => {
        const axis = random.integer(sample.axes.length);
        const between = 1 / (movements + 1);
        const times = Array.from(
          { length: movements },
          (_, n) => (n + 1 + UNEVEN * random.uniform(-1, 1)) * between,
        );
        const shares = motionShares(shape[axis]!, times);
        const three = (range: Bounds): Triple => [
          drawn(random, range),
          drawn(random, range),
          drawn(random, range),
        ];
        const depthFirst = {
          shape: [shape[2], shape[1], shape[0]],
          spacing: [spacing[2], spacing[1], spacing[0]],
        } as const;
        const routes = times.map(() => {
          const placed = { scale: STILL, degrees: three(degrees), translation: three(translation) };
          return routeThrough([affineMove(sample.axes, placed)], depthFirst);
        });
        for (const plane of channels) {
          const heads = routes.map((route) => follow(route, plane, [outside], "linear"));
          plane.set(acquired([plane, ...heads], shape, { axis, shares, outside }));
        }
      }),
  };
}
