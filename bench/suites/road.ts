import { join } from "node:path";
import { MidashError } from "../../src/base/errors/index.ts";
import { Random } from "../../src/base/random/index.ts";
import { readVolume } from "../../src/host/node/index.ts";
import { type TensorSession, wasm } from "../../src/networks/backends/index.ts";
import { decodeModel } from "../../src/road/model-file/index.ts";
import { Registry } from "../../src/road/plugin/index.ts";
import { type OpenedModel, openModel, Synthesizer } from "../../src/road/synthesis/index.ts";
import type { CacheFolder } from "../harness/cache-folder.ts";
import type { Row, Suite, Task } from "../harness/suite.ts";
import { modelFile, mrFile, prepareRoad, type RoadSettings, roadSettings } from "./road-inputs.ts";
import {
  fingerprint,
  ROAD_STEPS,
  type RoadState,
  type RoadTools,
  type Written,
  writeSct,
} from "./road-steps.ts";

const WHOLE = "whole";
/** Morphology rounds its radii in more than one right way, which shows most on coarse voxels. */
const MASK_TOLERANCE = { full: 0.02, small: 0.1 } as const;

/** Slices of 256×256 at 1 mm; those on disk are thicker and in LPS, so that no step of the road is idle. */
const FULL: RoadSettings = {
  shape: [256, 256, 180],
  spacing: [1, 1, 1.2],
  modelSpacing: [1, 1, 1],
  baseFilters: 16,
  levels: 4,
  batch: 8,
  peerThreads: 2,
};
const SMALL: RoadSettings = {
  ...FULL,
  shape: [40, 48, 20],
  spacing: [5, 5, 9],
  modelSpacing: [5, 5, 7.5],
  baseFilters: 2,
  levels: 2,
};

/**
 * Synthesising one volume, from the bytes of the MR's file to the bytes of the sCT's: every step by itself, and the whole.
 */
export const road: Suite = {
  name: "road",
  summary: "each step of synthesising a 256×256×180 volume, and the whole",
  rows(size) {
    const settings = size === "small" ? SMALL : FULL;
    return [...ROAD_STEPS.map((step) => stepRow(step, settings, size)), wholeRow(settings, size)];
  },
  async prepare(rows, cache, signal) {
    if (rows[0]) await prepareRoad(roadSettings(rows[0].settings), cache, signal); // all rows share them
  },
  task(row, settings, cache) {
    return row === WHOLE
      ? wholeTask(roadSettings(settings), cache)
      : stepTask(row, roadSettings(settings), cache);
  },
};

/** Slices on the model's grid. */
function slices({ shape, spacing, modelSpacing }: RoadSettings): number {
  return Math.round((shape[2] * spacing[2]) / modelSpacing[2]);
}

function stepRow(
  { id, what, peer }: (typeof ROAD_STEPS)[number],
  settings: RoadSettings,
  size: "full" | "small",
): Row {
  const common = {
    id,
    peer,
    settings: { ...settings },
    runs: size === "small" ? 2 : 7,
    warmUp: 1,
    perVolume: 1,
  };
  if (id === "forward")
    return {
      ...common,
      what: `${what} of ${settings.batch} slices`,
      perVolume: slices(settings) / settings.batch,
      tolerance: 1e-3,
    };
  if (id === "background") return { ...common, what, tolerance: MASK_TOLERANCE[size] };
  return { ...common, what, ...(id === "encode" ? {} : { tolerance: 1e-4 }) };
}

function wholeRow(settings: RoadSettings, size: "full" | "small"): Row {
  return {
    id: WHOLE,
    what: "the whole, file to file",
    settings: { ...settings },
    peer: "the same steps in Python",
    runs: size === "small" ? 2 : 3,
    warmUp: size === "small" ? 1 : 0,
    tolerance: MASK_TOLERANCE[size],
  };
}

async function stepTask(id: string, settings: RoadSettings, cache: CacheFolder): Promise<Task> {
  const at = ROAD_STEPS.findIndex((step) => step.id === id);
  const step = ROAD_STEPS[at];
  if (!step) throw new MidashError("internal", `no step "${id}"`, { where: "bench road" });
  const bundle = decodeModel(await cache.read(modelFile(settings)));
  const preparation = new Registry().preparation(bundle.preparation);
  const opened: OpenedModel<TensorSession> | undefined =
    id === "forward"
      ? await openModel(new Registry().spec(bundle.model), wasm({ threads: settings.peerThreads }), {
          random: new Random(0),
          weights: bundle.weights,
        })
      : undefined;
  const tools: RoadTools = { preparation, settings, folder: cache.path, model: opened?.model };
  const state = {} as RoadState;
  for (const before of ROAD_STEPS.slice(0, at))
    Object.assign(state, { [before.gives]: await before.run(state, tools) });
  let result: unknown;
  return {
    async work() {
      result = await step.run(state, tools);
    },
    values: () => fingerprint(result),
    details: async () => (id === "encode" ? { ...(result as Written) } : {}),
    versions: opened ? { tfjs: opened.session.tensors.tf.version_core } : {},
  };
}

async function wholeTask(settings: RoadSettings, cache: CacheFolder): Promise<Task> {
  const bundle = decodeModel(await cache.read(modelFile(settings)));
  const synthesizer = new Synthesizer(bundle, {
    backend: wasm({ threads: settings.peerThreads }),
    batchSize: settings.batch,
  });
  let result: Awaited<ReturnType<Synthesizer["run"]>>;
  let written: Written;
  return {
    async work() {
      result = await synthesizer.run(await readVolume(join(cache.path, mrFile(settings))));
      written = await writeSct(result.sct, cache.path);
    },
    values: () => fingerprint(result.sct),
    details: async () => {
      const { sct, seconds, ...how } = result;
      return { ...how, ...written };
    },
  };
}
