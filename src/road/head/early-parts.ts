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
import { type Batch, channelsOf } from "../../networks/models/index.ts";
import { backwardSteps, type Output, type Outputs, type Place, Slicer } from "../preparation/index.ts";
import type { EarlyQuestion, EarlyWatcher } from "../synthesis/index.ts";

/** A box of the outputs before all of them are there. */
export interface EarlyPart {
  /** On the model's own grid, in HU and probabilities, one voxel more than `own` on each side where there is one, so that they can be interpolated. */
  readonly outputs: Outputs;
  /** What is said by this part and by no other. */
  readonly own: Grid;
}

/** Voxels along z of the slab around the plane that is wanted first: the least that has the model's coarsest level twice. */
const SLAB = 32;
/** Planes of it that are handed out: its rim has seen too little. */
const SHOWN = 8;

/** First voxel and the one after the last along D, H and W. */
type Box = readonly [from: Place, to: Place];

/**
 * Hands out boxes of a volume patch by patch: together they are the whole, each as the one patch shows it that sees it best. The result is their weighted mean, so these are preliminary: where
 * patches overlap they have seams. Slices are handed out by nobody: they have no boxes.
 */
export class EarlyParts implements EarlyWatcher {
  readonly #question: EarlyQuestion;
  readonly #onPart: (part: EarlyPart) => void;
  readonly #cells: readonly (readonly Cell[])[];

  constructor(question: EarlyQuestion, onPart: (part: EarlyPart) => void) {
    const { covering, subject } = question;
    const { shape } = subject.grid;
    this.#question = question;
    this.#onPart = onPart;
    const places = covering.dims === 3 ? covering.grid(shape) : [];
    const size = covering.size(shape);
    this.#cells = ([2, 1, 0] as const).map((axis, d) =>
      cellsOf([...new Set(places.map((place) => place[d]!))], size[d]!, shape[axis]!),
    );
  }

  /** What a batch shows best of all. */
  async add(output: Batch, places: readonly Place[]): Promise<void> {
    for (const [n, place] of places.entries()) {
      const [d, h, w] = place.map((start, axis) => this.#cells[axis]!.find((cell) => cell.start === start));
      if (!d || !h || !w) continue;
      const box: Box = [
        [d.from, h.from, w.from],
        [d.to, h.to, w.to],
      ];
      this.#onPart(await partOf(this.#question, output, n, place, box));
    }
  }
}

/**
 * Planes around an axial one, from a slab that is as wide as the volume: a rougher guess, since models learnt from thicker windows, in the time of less than one of these.
 *
 * @param point in mm, of the plane
 * @returns undefined where the slab would be larger than a sample, the plane is outside, or the model takes slices
 */
export async function planePart(question: EarlyQuestion, point: Triple): Promise<EarlyPart | undefined> {
  const { model, spec, subject, preparation, covering } = question;
  const { grid, inputs } = subject;
  const { multipleOf } = spec.input;
  const [nx, ny, nz] = grid.shape;
  const up = (n: number) => Math.ceil(n / multipleOf) * multipleOf;
  const size: Triple = [Math.min(up(SLAB), up(nz)), up(ny), up(nx)];
  const z = Math.round(applyAffine(invertAffine(grid.affine), point)[2]);
  const most = product(covering.size(grid.shape));
  if (covering.dims !== 3 || product(size) > most || z < 0 || z >= nz) return undefined;
  const slab = Slicer.patches({ size });
  const around = (n: number, length: number) => Math.floor((length - n) / 2);
  const top = nz > size[0] ? Math.max(0, Math.min(z - size[0] / 2, nz - size[0])) : around(size[0], nz);
  const place: Place = [top, around(size[1], ny), around(size[2], nx)];
  const images = preparation.inputs.map(({ name }) => inputs[name]);
  const random = () => Random.fork(0, "early");
  const output = await model.predict(slab.cut(images, [place], { grid }), { random });
  const from = Math.max(0, Math.min(z - SHOWN / 2, nz - SHOWN));
  const box: Box = [
    [from, 0, 0],
    [Math.min(nz, from + SHOWN), ny, nx],
  ];
  return partOf(question, output, 0, place, box);
}

/** Sample `n` of the outputs, which lies at `place`, in a box, back in HU. */
async function partOf(
  { spec, subject, preparation }: EarlyQuestion,
  output: Batch,
  n: number,
  place: Place,
  [from, to]: Box,
): Promise<EarlyPart> {
  const { shape, affine } = subject.grid;
  const [, ...size] = output.shape;
  const extent = [shape[2], shape[1], shape[0]];
  // A voxel more on each side, as far as the sample and the volume go.
  const low = mapTriple(from, (at, d) => Math.max(0, place[d]!, at - 1));
  const high = mapTriple(to, (at, d) => Math.min(extent[d]!, place[d]! + size[d]!, at + 1));
  const grid = gridOf(affine, [low, high]);
  let channel = 0;
  const next = () => new Volume({ ...grid, data: boxOf(output, n, channel++, place, [low, high]) });
  const outputs: Record<string, Output> = {};
  for (const given of spec.outputs) {
    const volumes = Array.from({ length: channelsOf(given) }, next);
    const volume = volumes[0]!;
    if (given.kind === "labels")
      outputs[given.name] = { kind: "labels", classes: given.classes, probabilities: volumes };
    else if (given.kind === "scale") outputs[given.name] = { kind: "scale", of: given.of, volume };
    else outputs[given.name] = { kind: "ct", volume };
  }
  // What would move voxels stays undone, for the part has a place in the world.
  const values = preparation.steps.filter(({ gridAfter }) => !gridAfter);
  const back = await backwardSteps(
    values,
    outputs,
    values.map(() => grid),
  );
  return { outputs: back, own: gridOf(affine, [from, to]) };
}

/** What one of the windows along an axis sees better than its neighbours. */
interface Cell {
  readonly start: number;
  readonly from: number;
  readonly to: number;
}

/** Up to the middle of what neighbours share. */
function cellsOf(starts: readonly number[], size: number, length: number): Cell[] {
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
