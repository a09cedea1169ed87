import { createRequire } from "node:module";
import { throwIfAborted } from "../../src/base/errors/index.ts";
import { Random } from "../../src/base/random/index.ts";
import { decodeVolume } from "../../src/imaging/formats/index.ts";
import type { Triple } from "../../src/imaging/volume/index.ts";
import { onnx, type Session, wasm } from "../../src/networks/backends/index.ts";
import type { Batch } from "../../src/networks/models/index.ts";
import { UNet } from "../../src/networks/models/index.ts";
import { decodeModel, decodeSafetensors, encodeChecked } from "../../src/road/model-file/index.ts";
import { openModel, Synthesizer } from "../../src/road/synthesis/index.ts";
import type { CacheFolder } from "../harness/cache-folder.ts";
import type { Row, Settings, Suite, Task } from "../harness/suite.ts";
import { initialWeights } from "./initial-weights.ts";
import { modelFile, mrFile, prepareRoad, type RoadSettings, roadSettings } from "./road-inputs.ts";
import { fingerprint } from "./road-steps.ts";

/** Where our side computes. */
type Engine = "wasm" | "onnx";

/** Of one pass of the network, or of a volume when there is a `shape`. */
interface InferSettings {
  readonly engine: Engine;
  readonly baseFilters: number;
  readonly levels: number;
  readonly size: number;
  readonly batch: number;
  readonly peerThreads: number;
}

const NAMES = { wasm: "wasm", onnx: "ONNX Runtime" } as const;
const PEER = "PyTorch, 2 threads";

/**
 * Synthesis on a CPU: a pass of the network over one slice, and `Synthesizer` over a volume in memory. The peer is the same network from the same weights in
 * eager PyTorch, in inference mode. Rows through ONNX Runtime are there where onnxruntime-node is installed.
 */
export const infer: Suite = {
  name: "infer",
  summary: "the network on slices and on a whole volume, by wasm and ONNX Runtime, beside PyTorch",
  rows(size) {
    const engines = (["wasm", "onnx"] as const).filter((engine) => engine === "wasm" || hasOnnxRuntime());
    if (size === "small") {
      const shape = [40, 48, 6] as const;
      return engines.flatMap((engine) => [
        sliceRow(
          { engine, baseFilters: 2, levels: 2, size: 16, batch: 1, peerThreads: 2 },
          { runs: 2, warmUp: 1 },
        ),
        volumeRow(
          engine,
          { shape, spacing: [5, 5, 9], baseFilters: 2, levels: 2 },
          { id: `volume-${engine}`, runs: 2, warmUp: 1 },
        ),
      ]);
    }
    const shape = [256, 256, 180] as const;
    const volume = { shape, spacing: [1, 1, 1.2], levels: 5 } as const;
    return engines.flatMap((engine) => [
      sliceRow(
        { engine, baseFilters: 64, levels: 5, size: 256, batch: 1, peerThreads: 2 },
        { runs: 7, warmUp: 2 },
      ),
      volumeRow(engine, { ...volume, baseFilters: 16 }, { id: `volume-${engine}`, runs: 3, warmUp: 0 }),
      volumeRow(engine, { ...volume, baseFilters: 64 }, { id: `volume-64-${engine}`, runs: 1, warmUp: 0 }), // minutes
    ]);
  },
  async prepare(rows, cache, signal) {
    for (const { settings } of rows) {
      throwIfAborted(signal);
      if ("shape" in settings) await prepareRoad(roadSettings(settings), cache, signal);
      else await cache.write(fileOf(settings), await weightsAndBatch(settings));
    }
  },
  task: (_row, settings, cache) =>
    "shape" in settings ? volumeTask(settings, cache) : sliceTask(settings, cache),
};

function sliceRow(settings: InferSettings, rest: Pick<Row, "runs" | "warmUp">): Row {
  const { engine, baseFilters, levels, size, batch } = settings;
  const slices = batch === 1 ? "one slice" : `${batch} slices`;
  return {
    ...rest,
    id: `slice-${engine}`,
    what: `U-Net base ${baseFilters}, ${levels} resolutions, ${slices} of ${size}×${size}, by ${NAMES[engine]}`,
    settings: { ...settings },
    peer: PEER,
    tolerance: 1e-4, // means of the output
  };
}

function volumeRow(
  engine: Engine,
  {
    shape,
    spacing,
    ...net
  }: {
    readonly shape: Triple;
    readonly spacing: Triple;
    readonly baseFilters: number;
    readonly levels: number;
  },
  rest: Pick<Row, "id" | "runs" | "warmUp">,
): Row {
  // The model works on the volume's own grid: nothing is resampled. PyTorch takes batches of 8.
  const road: RoadSettings = { shape, spacing, modelSpacing: spacing, ...net, batch: 8, peerThreads: 2 };
  return {
    ...rest,
    what: `Synthesizer, ${shape.join("×")}, U-Net base ${net.baseFilters}, ${net.levels} resolutions, by ${NAMES[engine]}`,
    settings: { engine, ...road },
    peer: `NumPy, ${PEER}`,
    tolerance: 1e-3, // HU, clipped at both ends
  };
}

/** Initial weights and one batch, for both sides. */
async function weightsAndBatch(settings: Settings): Promise<Uint8Array> {
  const { size, batch } = inferSettings(settings);
  const random = new Random(2);
  const data = Float32Array.from({ length: batch * size * size }, () => random.next());
  const tensors = {
    ...(await initialWeights(specOf(settings))),
    "batch.input": { data, shape: [batch, size, size, 1] },
  };
  return encodeChecked({ tensors, metadata: {} });
}

async function sliceTask(settings: Settings, cache: CacheFolder): Promise<Task> {
  const { tensors } = decodeSafetensors(await cache.read(fileOf(settings)));
  const { "batch.input": input, ...weights } = tensors;
  const { session, model } = await openModel<Session>(specOf(settings), backendOf(settings), {
    random: new Random(1),
    weights,
  });
  const { data, shape } = input!;
  const batch: Batch = { data, shape };
  let result: Batch;
  return {
    async work() {
      result = await model.predict(batch, { random: () => new Random(0) });
    },
    values: () => fingerprint(result),
    details: async () => {
      model.dispose();
      session.close();
      return { backend: session.backend };
    },
    versions: session.tensors
      ? { tfjs: session.tensors.tf.version_core }
      : { "onnxruntime-node": onnxRuntimeVersion() },
  };
}

async function volumeTask(settings: Settings, cache: CacheFolder): Promise<Task> {
  const road = roadSettings(settings);
  const mr = await decodeVolume(await cache.read(mrFile(road)));
  const bundle = decodeModel(await cache.read(modelFile(road)));
  const synthesizer = new Synthesizer(bundle, { backend: backendOf(settings) });
  let result: Awaited<ReturnType<Synthesizer["run"]>>;
  return {
    async work() {
      result = await synthesizer.run(mr, { outside: "keep" });
    },
    values: () => fingerprint(result.sct),
    details: async () => {
      synthesizer.dispose();
      const { sct, seconds, ...how } = result;
      return how;
    },
  };
}

function backendOf(settings: Settings) {
  const { engine, peerThreads } = inferSettings(settings);
  return engine === "onnx" ? onnx({ threads: peerThreads }) : wasm({ threads: peerThreads });
}

function inferSettings(settings: Settings): InferSettings {
  return settings as Settings & InferSettings;
}

function specOf(settings: Settings) {
  const { baseFilters, levels } = inferSettings(settings);
  return UNet({ baseFilters, levels });
}

function fileOf(settings: Settings): string {
  const { baseFilters, levels, size, batch } = inferSettings(settings);
  return `infer-${baseFilters}x${levels}-${size}-${batch}.safetensors`;
}

function hasOnnxRuntime(): boolean {
  try {
    return onnxRuntimeVersion() !== "";
  } catch {
    return false; // not installed, or this runs where packages can't be looked for
  }
}

function onnxRuntimeVersion(): string {
  const manifest = createRequire(import.meta.url)("onnxruntime-node/package.json") as {
    readonly version: string;
  };
  return manifest.version;
}
