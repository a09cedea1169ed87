import { fail } from "../../src/base/errors/index.ts";
import { multiplyByPolynomial, powerFunction } from "../../src/imaging/artefacts/index.ts";
import { phantomSubject } from "../../src/imaging/phantom/index.ts";
import {
  mapTriple,
  smoothInPlace,
  statistics,
  type Triple,
  type Volume,
} from "../../src/imaging/volume/index.ts";
import { affineMove } from "../../src/road/data/augmentations/affine.ts";
import { augmented } from "../../src/road/data/augmentations/augmentation.ts";
import type { ElasticMove, Move } from "../../src/road/data/augmentations/geometry/move.ts";
import { moved } from "../../src/road/data/augmentations/geometry/moved.ts";
import { type Augmentation, augmentations, type Sample } from "../../src/road/data/index.ts";
import type { CacheFolder } from "../harness/cache-folder.ts";
import type { Row, Settings, Suite, Task } from "../harness/suite.ts";

/** What a row works on: an MR, its CT and a mask, equally large; 2-D ones have one voxel along z. */
interface AugmentSettings {
  readonly shape: Triple;
  readonly spacing: Triple;
  /** How many samples are changed in one run. */
  readonly samples: number;
}

const SCALE: Triple = [1.07, 0.93, 1.04];
const DEGREES: Triple = [6, -8, 9];
const SHIFT: Triple = [3, -2, 0]; // TorchIO shifts slices out of their plane
/** Control points of the elastic along x, y and z, as TorchIO's default, and their largest shift in mm. */
const POINTS = 7;
const DISPLACEMENT = 7.5;
const GAMMA = 1.2;
const BLUR = 1.5;
const BIAS = Float64Array.from({ length: 20 }, (_, n) => 0.4 * Math.sin(3 * n + 1));

const TORCHIO = "TorchIO, 1 thread";
const MONAI = "MONAI, 1 thread";

/** Augmentations of slices and patches in memory, float32 in and out, on one thread of each side. */
export const augment: Suite = {
  name: "augment",
  summary: "augmentations of a slice of 256² and a patch of 96³, MR, CT and mask, beside TorchIO and MONAI",
  rows(size) {
    const small = size === "small";
    const slice = {
      shape: small ? [32, 32, 1] : [256, 256, 1],
      spacing: small ? [8, 8, 8] : [1, 1, 1],
      samples: small ? 1 : 10,
    };
    const patch = {
      shape: small ? [20, 20, 20] : [96, 96, 96],
      spacing: small ? [10, 10, 10] : [2, 2, 2],
      samples: 1,
    };
    const common = { runs: small ? 2 : 7, warmUp: small ? 1 : 2 };
    return [
      ["slice", slice, small ? "a slice of 32²" : "a slice of 256²"] as const,
      ["patch", patch, small ? "a patch of 20³" : "a patch of 96³"] as const,
    ].flatMap(([name, settings, what]): Row[] => {
      const row = (id: string, does: string, peer: string, tolerance?: number): Row => ({
        ...common,
        id: `${name}-${id}`,
        what: `${does}, ${what}`,
        settings,
        peer,
        ...(tolerance === undefined ? {} : { tolerance }),
      });
      return [
        row("affine", "affine", TORCHIO, 1e-3),
        row("spatial", "affine and elastic as one", TORCHIO, 1e-3),
        row("bias", "bias field", TORCHIO, 1e-4),
        row("gamma", "gamma", TORCHIO, 1e-4),
        row("blur", "blur", TORCHIO, 1e-2),
        row("full", "all of a list, drawn at random", TORCHIO),
        row("full-monai", "all of a list, drawn at random", MONAI),
      ];
    });
  },
  async prepare(rows, cache) {
    for (const row of rows) await writeInputs(settingsOf(row.settings), cache);
  },
  async task(row, given, cache): Promise<Task> {
    const settings = settingsOf(given);
    const sample = await sampleOf(settings, cache);
    const work = workOf(row.slice(row.indexOf("-") + 1), sample, settings);
    let last = sample;
    return {
      work() {
        for (let n = 0; n < settings.samples; n++) last = work(n);
      },
      values: () => {
        const ct = last.targets.ct!;
        return { mr: meanOf(last.input.data), ct: meanOf(ct.data), mask: meanOf(ct.mask!) };
      },
      details: async () => ({ threads: 1 }),
    };
  },
};

function settingsOf(settings: Settings): AugmentSettings {
  return settings as unknown as AugmentSettings;
}

function workOf(what: string, sample: Sample, settings: AugmentSettings): (n: number) => Sample {
  const move = affineMove(sample.axes, { scale: SCALE, degrees: DEGREES, translation: SHIFT });
  if (what === "affine") return () => moved(sample, [move]);
  if (what === "spatial") {
    const moves: Move[] = [move, bend(settings)];
    return () => moved(sample, moves);
  }
  const { shape, spacing } = settings;
  if (what === "bias") return () => withInput(sample, (data) => multiplyByPolynomial(data, shape, 3, BIAS));
  if (what === "gamma") return () => withInput(sample, (data) => powerFunction(GAMMA)(data));
  if (what === "blur") {
    const sigma = mapTriple(spacing, (mm, axis) => (shape[axis]! > 1 ? BLUR / mm : 0));
    return () => withInput(sample, (data) => smoothInPlace(data, shape, sigma));
  }
  const lists: Readonly<Record<string, () => readonly Augmentation[]>> = {
    full: () => likeTorchio(settings),
    "full-monai": () => likeMonai(settings),
  };
  const list = (lists[what] ?? (() => fail("internal", `no row "${what}"`, { where: "bench augment" })))();
  let drawn = 0;
  return () => augmented(sample, list, { seed: 7, from: String(drawn++) });
}

/** The ranges are TorchIO's defaults but for what `peers/augment.py` gives both sides. Its noise is Gaussian, ours Rician: twice the draws. */
function likeTorchio(settings: AugmentSettings): readonly Augmentation[] {
  const flat = settings.shape[2] === 1;
  return [
    augmentations.affine({ share: 1 }),
    augmentations.elastic({ share: 1, spacing: knots(settings), displacement: [DISPLACEMENT, DISPLACEMENT] }),
    augmentations.flip(),
    augmentations.biasField({ share: 1, coil: 0 }),
    augmentations.intensity({ gain: 0, gamma: [0.74, 1.35] }),
    augmentations.anisotropy({ share: 1, thickness: [1.5 * settings.spacing[0], 5 * settings.spacing[0]] }),
    augmentations.blur({ share: 1, sigma: 2 }),
    ...(flat ? [] : [augmentations.motion({ share: 1, degrees: 10, translation: 10 })]), // TorchIO's does nothing to slices
    augmentations.ghosting({ share: 1 }),
    augmentations.noise({ share: 1, sigma: 0.1 }),
  ];
}

function likeMonai(settings: AugmentSettings): readonly Augmentation[] {
  return [
    augmentations.affine({ share: 1 }),
    augmentations.elastic({ share: 1, spacing: knots(settings), displacement: [DISPLACEMENT, DISPLACEMENT] }),
    augmentations.flip(),
    augmentations.biasField({ share: 1, coil: 0 }),
    augmentations.intensity({ gain: 0, gamma: [0.74, 1.35] }),
    augmentations.histogram({ share: 1 }),
    augmentations.blur({ share: 1, sigma: 2 }),
    augmentations.noise({ share: 1, sigma: 0.1 }),
  ];
}

/** mm between control points of which {@link POINTS} bend the sample. */
function knots({ shape, spacing }: AugmentSettings): number {
  return (shape[0] * spacing[0]) / (POINTS - 3);
}

/** Shifts of control points that both sides work out alike: mm along depth, height and width. */
function bend({ shape }: AugmentSettings): ElasticMove {
  const flat = shape[2] === 1;
  const points: Triple = [flat ? 1 : POINTS, POINTS, POINTS];
  const field = (axis: number) =>
    Float64Array.from({ length: points[0] * POINTS * POINTS }, (_, n) => {
      const [k, j, i] = [flat ? 0 : Math.floor(n / POINTS ** 2), Math.floor(n / POINTS) % POINTS, n % POINTS];
      return DISPLACEMENT * Math.sin(1 + 2 * i + 3 * j + 5 * k + 7 * axis);
    });
  return { kind: "elastic", points, shifts: [field(2), field(1), field(0)] };
}

function withInput(sample: Sample, change: (data: Float32Array) => void): Sample {
  const data = sample.input.data.slice();
  change(data);
  return { ...sample, input: { ...sample.input, data } };
}

function inputFile({ shape }: AugmentSettings, what: string): string {
  return `augment-${what}-${shape.join("x")}.f32`;
}

/** MR and CT of a simulated head, 0 to 1, and a mask of 0 and 1. */
async function writeInputs(settings: AugmentSettings, cache: CacheFolder): Promise<void> {
  const { shape, spacing } = settings;
  let made: ReturnType<typeof phantomSubject> | undefined;
  const once = (what: string, of: (head: Awaited<ReturnType<typeof phantomSubject>>) => Float32Array) =>
    cache.once(inputFile(settings, what), async () => {
      const deep = shape[2] === 1 ? 9 : shape[2];
      made ??= phantomSubject({ seed: 7, shape: [shape[0], shape[1], deep], spacing });
      return new Uint8Array(middlePlanes(of(await made), shape, deep).buffer);
    });
  const scaled = ({ data }: Volume, low: number, high: number) =>
    Float32Array.from(data, (v) => Math.min(1, Math.max(0, (v - low) / (high - low))));
  await once("mr", ({ inputs }) => scaled(inputs.t1!, 0, statistics(inputs.t1!).max));
  await once("ct", ({ ct }) => scaled(ct, -1000, 2000));
  await once("mask", ({ ct }) => Float32Array.from(ct.data, (hu) => (hu > -500 ? 1 : 0)));
}

function middlePlanes(data: Float32Array, [nx, ny, nz]: Triple, deep: number): Float32Array {
  const start = nz === deep ? 0 : deep >> 1;
  return data.slice(start * nx * ny, (start + nz) * nx * ny);
}

async function sampleOf(settings: AugmentSettings, cache: CacheFolder): Promise<Sample> {
  const read = async (what: string) => {
    const bytes = (await cache.read(inputFile(settings, what))).slice();
    return new Float32Array(bytes.buffer);
  };
  const { shape, spacing } = settings;
  const flat = shape[2] === 1;
  const pixels = flat ? [shape[1], shape[0]] : [shape[2], shape[1], shape[0]];
  const [mr, ct, mask] = [await read("mr"), await read("ct"), await read("mask")];
  const batch = (data: Float32Array) => ({ data, shape: [1, ...pixels, 1], mask });
  return {
    input: batch(mr),
    targets: { ct: { ...batch(ct), kind: "ct", outside: 0 } },
    axes: flat ? ["y", "x"] : ["z", "y", "x"],
    spacing: flat ? [spacing[1], spacing[0]] : [spacing[2], spacing[1], spacing[0]],
    inputs: [{ name: "t1", outside: 0 }],
  };
}

function meanOf(data: Float32Array): number {
  return data.reduce((sum, v) => sum + v, 0) / data.length;
}
