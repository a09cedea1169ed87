import { stat } from "node:fs/promises";
import { join } from "node:path";
import { Random } from "../../src/base/random/index.ts";
import { readVolume, writeVolume } from "../../src/host/node/index.ts";
import { AIR_HU } from "../../src/imaging/hounsfield/index.ts";
import { foregroundMask, Volume } from "../../src/imaging/volume/index.ts";
import type { Batch, Model } from "../../src/networks/models/index.ts";
import {
  backwardSteps,
  type Outputs,
  type PlacedBatch,
  type Preparation,
  type Step,
  type Subject,
  subjectOf,
} from "../../src/road/preparation/index.ts";
import { outsideAs } from "../../src/road/synthesis/index.ts";
import { MARGIN, mrFile, type RoadSettings } from "./road-inputs.ts";

/** What the steps of the road leave for the next ones. */
export interface RoadState {
  mr: Volume;
  ras: Subject;
  onModelGrid: Subject;
  normalised: Subject;
  samples: readonly PlacedBatch[];
  /** One batch through the network. */
  forwarded: Batch;
  assembled: Volume;
  hu: Volume;
  onSourceGrid: Volume;
  sct: Volume;
  written: Written;
}

/** A file of ours. */
export interface Written {
  readonly bytes: number;
}

/** What steps need besides each other's results. */
export interface RoadTools {
  readonly preparation: Preparation;
  readonly settings: RoadSettings;
  /** Where the MR's file lies and the sCT's goes. */
  readonly folder: string;
  /** Only for the step that runs it. */
  readonly model?: Model;
}

/** The step of a type, of the model's own list. */
function stepOf(type: string, { preparation }: RoadTools): Step {
  return preparation.steps.find((step) => step.type === type)!;
}

/** The MR of a subject. */
const mrOf = (subject: Subject) => subject.inputs.t1!.volume;

/** A step of synthesis by the library's own functions, as `Synthesizer` strings them together. */
export interface RoadStep {
  readonly id: string;
  readonly what: string;
  readonly peer: string;
  /** The key of {@link RoadState} that it fills. */
  readonly gives: keyof RoadState;
  run(state: RoadState, tools: RoadTools): unknown;
}

/**
 * All steps in order. What follows `forward` gets the normalised MR in place of the network's output: as large, as noisy, and
 * there at once.
 */
export const ROAD_STEPS: readonly RoadStep[] = [
  {
    id: "decode",
    what: "read .nii.gz (int16) as float32",
    peer: "nibabel",
    gives: "mr",
    async run(_, { settings, folder }) {
      const mr = await readVolume(join(folder, mrFile(settings)));
      return mr.with({ data: mr.values() });
    },
  },
  {
    id: "orient",
    what: "orient LPS to RAS",
    peer: "nibabel, NumPy",
    gives: "ras",
    run: ({ mr }, tools) =>
      stepOf("orient", tools).forward(subjectOf({ t1: mr }, tools.preparation.inputs), {}),
  },
  {
    id: "resample",
    what: "resample to the model's grid, linear",
    peer: "SimpleITK, 2 threads",
    gives: "onModelGrid",
    run: ({ ras }, tools) => stepOf("spacing", tools).forward(ras, {}),
  },
  {
    id: "normalise",
    what: "normalise by percentiles 0.5 and 99.5",
    peer: "NumPy",
    gives: "normalised",
    run: ({ onModelGrid: { inputs, ...subject } }, tools) => {
      const t1 = { ...inputs.t1!, own: false }; // the next run wants it as it is
      return stepOf("normalise", tools).forward({ ...subject, inputs: { t1 } }, {});
    },
  },
  {
    id: "slice",
    what: "cut into batches of slices",
    peer: "NumPy",
    gives: "samples",
    run({ normalised }, { preparation: { sampler, inputs }, settings }) {
      const { grid } = normalised;
      const all = sampler.grid(grid.shape);
      const images = inputs.map(({ name }) => normalised.inputs[name]);
      return Array.from({ length: Math.ceil(all.length / settings.batch) }, (_, n) => {
        const places = all.slice(n * settings.batch, (n + 1) * settings.batch);
        return { batch: sampler.cut(images, places, { grid }), places };
      });
    },
  },
  {
    id: "forward",
    what: "U-Net forward, one batch",
    peer: "PyTorch, 2 threads",
    gives: "forwarded",
    run: ({ samples }, { model }) =>
      model?.predict(samples[samples.length >> 1]!.batch, { random: () => new Random(0) }),
  },
  {
    id: "assemble",
    what: "assemble slices to a volume",
    peer: "NumPy",
    gives: "assembled",
    run({ samples, onModelGrid }, { preparation: { sampler } }) {
      const assembler = sampler.assembler(onModelGrid.grid, { channels: 1, fill: [0] });
      for (const sample of samples) assembler.add(sample);
      return assembler.volumes()[0];
    },
  },
  {
    id: "invert",
    what: "back to HU",
    peer: "NumPy",
    gives: "hu",
    async run({ assembled }, tools) {
      const volume = assembled.with({ data: assembled.values().slice() }); // a step overwrites outputs
      return ctOf(await stepOf("normalise", tools).backward!({ ct: { kind: "ct", volume } }, volume, {}));
    },
  },
  {
    id: "resample-back",
    what: "resample to the source grid in LPS, linear, anti-aliased",
    peer: "SciPy, SimpleITK, 2 threads",
    gives: "onSourceGrid",
    run: async ({ hu, mr, ras }, tools) => {
      const moving = [stepOf("orient", tools), stepOf("spacing", tools)];
      return ctOf(await backwardSteps(moving, { ct: { kind: "ct", volume: hu } }, [mr, ras.grid]));
    },
  },
  {
    id: "background",
    what: "estimate the body's mask, air outside",
    peer: "SimpleITK, SciPy",
    gives: "sct",
    run({ mr, onSourceGrid }) {
      const mask = foregroundMask(mr, { margin: MARGIN });
      return onSourceGrid.with({ data: outsideAs(AIR_HU, Float32Array.from(onSourceGrid.data), mask) });
    },
  },
  {
    id: "encode",
    what: "write float32 .nii.gz",
    peer: "nibabel",
    gives: "written",
    run: ({ sct }, { folder }) => writeSct(sct, folder),
  },
];

function ctOf({ ct }: Outputs): Volume {
  return (ct as { readonly volume: Volume }).volume; // what went in
}

function isSubject(result: unknown): result is Subject {
  return typeof result === "object" && result !== null && "inputs" in result;
}

/** Writes the end of the road. */
export async function writeSct(sct: Volume, folder: string): Promise<Written> {
  const path = join(folder, "road-sct-ours.nii.gz");
  await writeVolume(path, sct);
  return { bytes: (await stat(path)).size };
}

/**
 * Numbers that a wrong or flipped result would change: mean absolute value of the whole and of the lower half along each
 * axis (the last axis slowest).
 */
export function fingerprint(result: unknown): Record<string, number> {
  if (isSubject(result)) return fingerprint(mrOf(result));
  if (Volume.is(result)) return halves(result.values(), result.shape);
  if (Array.isArray(result)) return fingerprintOfSamples(result as RoadState["samples"]);
  const batch = result as Partial<Batch>;
  if (batch.shape && batch.data) return halves(batch.data, [...batch.shape].reverse());
  return {}; // a file: compressed in different ways
}

function fingerprintOfSamples(samples: RoadState["samples"]): Record<string, number> {
  let sum = 0;
  let count = 0;
  for (const { batch } of samples) {
    for (let i = 0; i < batch.data.length; i++) sum += Math.abs(batch.data[i]!);
    count += batch.data.length;
  }
  return { all: sum / count, values: count };
}

/** `shape` with the fastest axis first. */
function halves(values: ArrayLike<number>, shape: readonly number[]): Record<string, number> {
  const mean = (inside: (i: number) => boolean) => {
    let sum = 0;
    let count = 0;
    for (let i = 0; i < values.length; i++)
      if (inside(i)) {
        sum += Math.abs(values[i]!);
        count++;
      }
    return sum / Math.max(1, count);
  };
  const out: Record<string, number> = { all: mean(() => true), values: values.length };
  let stride = 1;
  for (const [axis, n] of shape.entries()) {
    const step = stride;
    if (n > 1) out[`half ${axis}`] = mean((i) => Math.floor(i / step) % n < n >> 1);
    stride *= n;
  }
  return out;
}
