import { product } from "../../../base/bytes/index.ts";
import { assert } from "../../../base/errors/index.ts";
import type { Random } from "../../../base/random/index.ts";
import { mapTriple, type Triple } from "../../../imaging/volume/index.ts";
import type { Augmentation } from "./augmentation.ts";
import { depthHeightWidth, type ElasticMove } from "./geometry/move.ts";
import { moved } from "./geometry/moved.ts";
import type { Sample } from "./sample.ts";
import { boundsOf, checkInteger, checkShare, drawn, type RandomRange } from "./settings.ts";

/** Options of `augmentations.elastic`. */
export interface ElasticOptions {
  /** How often samples are changed. Default 0.2, as nnU-Net's spatial changes. */
  readonly share?: number;
  /** mm between control points, about: intervals are of equal width. Default 50: TorchIO's of a head, whose 7 points have 4 intervals. */
  readonly spacing?: number;
  /** Largest shift of a control point along each axis, mm, drawn for each sample. Default [0, 7.5], up to TorchIO's. */
  readonly displacement?: RandomRange;
  /** How many layers of control points stay at the sample's border. Default 0, so that patches bend as whole heads do; TorchIO's 2 keeps borders where they are. */
  readonly locked?: number;
}

/** Shifts must stay below this share of the distance of control points, or tissue may fold (Choi and Lee 2000; Rueckert et al. 2006). */
const FOLDS = 0.4;

/** Bends samples: cubic B-splines over random shifts of control points, as TorchIO's. */
export function elastic(options: ElasticOptions = {}): Augmentation {
  const where = { call: "augmentations.elastic" };
  const { spacing = 50 } = options;
  const share = checkShare(options.share ?? 0.2, where);
  const locked = checkInteger(options.locked ?? 0, "locked", where, [0, 2]);
  const displacement = boundsOf(options.displacement ?? 7.5, "displacement", where, { min: 0 });
  assert(spacing > 0 && Number.isFinite(spacing), `spacing must be above 0, got ${spacing}`, { where });
  assert(
    displacement[1] <= FOLDS * spacing,
    `displacement must be at most ${FOLDS} of spacing (${FOLDS * spacing} mm), got ${displacement[1]}`,
    { where, hint: "larger shifts fold tissue over" },
  );
  const move = (sample: Sample, random: Random): ElasticMove | undefined => {
    if (random.next() >= share) return undefined;
    const most = drawn(random, displacement);
    const shape = depthHeightWidth(sample.input.shape.slice(1, -1));
    const flat = sample.axes.length === 2;
    const mm = flat ? [1, ...sample.spacing] : sample.spacing;
    const points = mapTriple(shape, (n, axis) =>
      flat && axis === 0 ? 1 : Math.max(1, Math.floor((n * mm[axis]!) / spacing)) + 3,
    );
    const field = () => randomShifts(points, locked, () => random.uniform(-most, most));
    return { kind: "elastic", points, shifts: [field(), field(), field()] };
  };
  return {
    name: "elastic",
    about: "bends samples smoothly",
    toJSON: () => ({ name: "elastic", share, spacing, displacement, locked }),
    move,
    apply(sample, random) {
      const made = move(sample, random);
      return made ? moved(sample, [made]) : sample;
    },
  };
}

/** One shift a control point, 0 in the `locked` outermost layers. */
function randomShifts(points: Triple, locked: number, draw: () => number): Float64Array {
  const [planes, rows, columns] = points;
  const edge = (i: number, n: number) => n > 1 && (i < locked || i >= n - locked);
  return new Float64Array(product(points)).map((_, v) => {
    const shift = draw();
    const [k, j, i] = [Math.floor(v / (rows * columns)), Math.floor(v / columns) % rows, v % columns];
    return edge(k, planes) || edge(j, rows) || edge(i, columns) ? 0 : shift;
  });
}
