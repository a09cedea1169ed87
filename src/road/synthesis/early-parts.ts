import { product } from "../../base/bytes/index.ts";
import { Random } from "../../base/random/index.ts";
import {
  applyAffine,
  type Grid,
  invertAffine,
  mapTriple,
  shiftAffine,
  type Triple,
  Volume,
} from "../../imaging/volume/index.ts";
import type { Batch, Model, ModelSpec } from "../../networks/models/index.ts";
import { channelsOf } from "../../networks/models/index.ts";
import {
  backwardSteps,
  type Output,
  type Outputs,
  type Place,
  type Preparation,
  type Sampler,
  Slicer,
  type Subject,
} from "../preparation/index.ts";

/** A box of the outputs before all of them are there. */
export interface EarlyPart {
  /** On the model's own grid, in HU and probabilities, one voxel more than `own` on each side where there is one, so that they can be interpolated. */
  readonly outputs: Outputs;
  /** What is said by this part and by no other. */
  readonly own: Grid;
}

/** Who wants parts of the outputs as they come. */
export interface EarlyHow {
  /** A point in mm whose axial plane is asked for before all else, in a slab of its own: that costs up to one sample more. Default: none. */
  readonly first?: Triple;
  /**
   * Called with boxes that together are the whole, each as the one sample shows it that sees it best. The result is their weighted mean, so these are preliminary:
   * where samples overlap they have seams, and the slab of `first`, which is thinner than what the model learnt from, is a rougher guess.
   */
  onPart(part: EarlyPart): void;
}

/** What {@link EarlyParts} is made for. */
interface EarlyQuestion {
  readonly model: Model;
  readonly spec: Pick<ModelSpec, "input" | "outputs">;
  readonly subject: Subject;
  readonly preparation: Preparation;
  /** That covers the subject. */
  readonly covering: Sampler;
  readonly early: EarlyHow;
}

/** Voxels along z of the slab around the plane that is wanted first: the least that has the model's coarsest level twice. */
const SLAB = 32;
/** Planes of it that are handed out: its rim has seen too little. */
const SHOWN = 8;

/** First voxel and the one after the last along D, H and W. */
type Box = readonly [from: Place, to: Place];

/** Hands out what has been computed of a volume, patch by patch. Slices are handed out by nobody: they have no boxes. */
export class EarlyParts {
  readonly #question: EarlyQuestion;
  readonly #cells: readonly (readonly {
    readonly start: number;
    readonly from: number;
    readonly to: number;
  }[])[];

  constructor(question: EarlyQuestion) {
    const { covering, subject } = question;
    const { shape } = subject.grid;
    this.#question = question;
    const places = covering.dims === 3 ? covering.grid(shape) : [];
    const size = covering.size(shape);
    this.#cells = ([2, 1, 0] as const).map((axis, d) =>
      cellsOf([...new Set(places.map((place) => place[d]!))], size[d]!, shape[axis]!),
    );
  }

  /** The plane that is wanted first, from a slab that is as wide as the volume. Where that were larger than a sample nothing comes. */
  async plane(): Promise<void> {
    const { model, spec, subject, covering, early, preparation } = this.#question;
    const { grid, inputs } = subject;
    if (!early.first || covering.dims !== 3) return;
    const { multipleOf } = spec.input;
    const [nx, ny, nz] = grid.shape;
    const up = (n: number) => Math.ceil(n / multipleOf) * multipleOf;
    const size: Triple = [Math.min(up(SLAB), up(nz)), up(ny), up(nx)];
    if (product(size) > product(covering.size(grid.shape))) return;
    const z = Math.round(applyAffine(invertAffine(grid.affine), early.first)[2]);
    if (z < 0 || z >= nz) return;
    const slab = Slicer.patches({ size });
    const top = Math.max(
      Math.min(z - size[0] / 2, nz - size[0]),
      Math.min(0, Math.floor((nz - size[0]) / 2)),
    );
    const place: Place = [top, -Math.floor((size[1] - ny) / 2), -Math.floor((size[2] - nx) / 2)];
    const images = preparation.inputs.map(({ name }) => inputs[name]);
    const output = await model.predict(slab.cut(images, [place], { grid }), {
      random: () => Random.fork(0, "early"),
    });
    const from = Math.max(0, Math.min(z - SHOWN / 2, nz - SHOWN));
    await this.#hand(output, 0, place, [
      [from, 0, 0],
      [Math.min(nz, from + SHOWN), ny, nx],
    ]);
  }

  /** What a batch shows best of all. */
  async add(output: Batch, places: readonly Place[]): Promise<void> {
    for (const [n, place] of places.entries()) {
      const cells = place.map((start, d) => this.#cells[d]!.find((cell) => cell.start === start));
      const [d, h, w] = cells;
      if (d && h && w)
        await this.#hand(output, n, place, [
          [d.from, h.from, w.from],
          [d.to, h.to, w.to],
        ]);
    }
  }

  async #hand(output: Batch, n: number, place: Place, [from, to]: Box): Promise<void> {
    const { spec, subject, preparation, early } = this.#question;
    const { shape, affine } = subject.grid;
    const [, depth, height, width] = output.shape as readonly [number, number, number, number];
    const size = [depth, height, width];
    const extent = [shape[2], shape[1], shape[0]];
    // A voxel more on each side, as far as the sample and the volume go.
    const low = from.map((at, d) => Math.max(0, place[d]!, at - 1)) as unknown as Triple;
    const high = to.map((at, d) => Math.min(extent[d]!, place[d]! + size[d]!, at + 1)) as unknown as Triple;
    const grid = gridOf(affine, [low, high]);
    let channel = 0;
    const next = () => new Volume({ ...grid, data: boxOf(output, n, channel++, place, [low, high]) });
    const outputs: Record<string, Output> = {};
    for (const given of spec.outputs) {
      const volumes = Array.from({ length: channelsOf(given) }, next);
      if (given.kind === "labels")
        outputs[given.name] = { kind: "labels", classes: given.classes, probabilities: volumes };
      else if (given.kind === "scale")
        outputs[given.name] = { kind: "scale", of: given.of, volume: volumes[0]! };
      else outputs[given.name] = { kind: "ct", volume: volumes[0]! };
    }
    // Back to HU; what would move voxels stays undone, for the part has a place in the world.
    const values = preparation.steps.filter(({ gridAfter }) => !gridAfter);
    const back = await backwardSteps(
      values,
      outputs,
      values.map(() => grid),
    );
    early.onPart({ outputs: back, own: gridOf(affine, [from, to]) });
  }
}

/** Of each of the windows along an axis what it sees better than its neighbours: up to the middle of what they share. */
function cellsOf(starts: readonly number[], size: number, length: number) {
  const sorted = [...starts].sort((a, b) => a - b);
  const edges = sorted.map((start, n) => (n === 0 ? 0 : Math.ceil((sorted[n - 1]! + size + start) / 2)));
  return sorted.map((start, n) => ({ start, from: edges[n]!, to: edges[n + 1] ?? length }));
}

function gridOf(affine: Grid["affine"], [from, to]: Box): Grid {
  const low: Triple = [from[2], from[1], from[0]];
  const high: Triple = [to[2], to[1], to[0]];
  return { shape: mapTriple(high, (at, d) => at - low[d]!), affine: shiftAffine(affine, low) };
}

/** The values of one channel of sample `n`, which lies at `place`, in a box. */
function boxOf(
  { data, shape }: Batch,
  n: number,
  channel: number,
  place: Place,
  [low, high]: Box,
): Float32Array {
  const [, depth, height, width, channels] = shape as readonly [number, number, number, number, number];
  const [nd, nh, nw] = mapTriple(high, (at, d) => at - low[d]!);
  const out = new Float32Array(nd * nh * nw);
  for (let d = 0, q = 0; d < nd; d++)
    for (let h = 0; h < nh; h++) {
      const row = ((n * depth + low[0] + d - place[0]) * height + low[1] + h - place[1]) * width;
      let p = (row + low[2] - place[2]) * channels + channel;
      for (let w = 0; w < nw; w++, p += channels) out[q++] = data[p]!;
    }
  return out;
}
