/**
 * What the worker of `openWorker` runs: it holds models, and answers with what the library's own classes give.
 *
 * @module
 */
import { answerCalls, type CallContext, pagePort } from "../../base/calls/index.ts";
import { MidashError } from "../../base/errors/index.ts";
import { nodeModule } from "../../base/platform/index.ts";
import type { EvaluateOptions } from "../../evaluation/metrics/index.ts";
import type { ReportContent, ReportOptions } from "../../evaluation/report/index.ts";
import type { Classification } from "../../imaging/classifier/index.ts";
import { encodeVolume } from "../../imaging/formats/index.ts";
import type { SurfaceOptions } from "../../imaging/surface/index.ts";
import { type ResampleOptions, resample, type Volume } from "../../imaging/volume/index.ts";
import { type Backend, cpu, wasm, webgpu, webgpuInference } from "../../networks/backends/index.ts";
import type { Progress } from "../../road/synthesis/index.ts";
import { FileShelf } from "./file-shelf.ts";
import { pack, unpack } from "./packed.ts";
import type {
  ClassifyOptions,
  WorkerEngine,
  WorkerNote,
  WorkerRequest,
  WorkerStarted,
  WorkerTarget,
} from "./requests.ts";
import type { WorkerTrainEvent } from "./training-task.ts";

type Method = (...values: unknown[]) => Promise<unknown>;

/** What is not needed to open a file is loaded when it is asked for: a page begins sooner. */
const opened = new Map<WorkerTarget, object>([
  ["metrics", { evaluate }],
  ["density", { classify }],
  [
    "volumes",
    {
      encode: encodeVolume,
      resample: async (volume: Volume, how: ResampleOptions) => resample(volume, how),
      report: async (content: ReportContent, how: ReportOptions) =>
        (await import("../../evaluation/report/index.ts")).reportHtml(content, how),
      async stl(volume: Volume, how: SurfaceOptions) {
        const { encodeStl, surfaceOf } = await import("../../imaging/surface/index.ts");
        return encodeStl(surfaceOf(volume, how));
      },
    },
  ],
]);
let backend: Backend;

const port = nodeModule("node:worker_threads")?.parentPort ?? pagePort();
if (port)
  answerCalls<WorkerRequest>(port, async (request, id, context) => {
    const buffers = new Set<ArrayBuffer>();
    const value = pack(await answer(request, id, context), buffers);
    return { value, transfer: [...buffers] };
  });

async function answer(request: WorkerRequest, id: number, context: CallContext): Promise<unknown> {
  switch (request.do) {
    case "start": {
      const { backend: chosen, passedOver } = await chooseBackend(request.engine);
      backend = chosen;
      return { backend: backend.name, passedOver } satisfies WorkerStarted;
    }
    case "open head": {
      const { HeadPipeline } = await import("../../road/head/index.ts");
      const { decodeModel } = await import("../../road/model-file/index.ts");
      const model = request.model && decodeModel(request.model);
      opened.set(id, await HeadPipeline.open({ backend, model }));
      return id;
    }
    case "open synthesizer": {
      const { decodeModel } = await import("../../road/model-file/index.ts");
      const { Synthesizer } = await import("../../road/synthesis/index.ts");
      const models = request.models.map((bytes) => decodeModel(bytes));
      const synthesizer = new Synthesizer(models, { ...request.options, backend });
      opened.set(id, synthesizer);
      return { target: id, inputs: synthesizer.inputs };
    }
    case "open files": {
      const shelf = await FileShelf.open(request.files, context);
      opened.set(id, shelf);
      return { target: id, volumes: shelf.volumes, leftOut: shelf.leftOut };
    }
    case "open training": {
      const { TrainingRun } = await import("./training-run.ts"); // who only looks at images loads nothing of it
      opened.set(id, await TrainingRun.open(request.task, backend));
      return id;
    }
    case "call": {
      const { target, method, values, options, wantsProgress, wantsParts } = request;
      const { signal, note } = context;
      const found = opened.get(target) as Readonly<Record<string, Method>> | undefined;
      if (!found) throw new MidashError("invalid-argument", "was disposed", { where: { call: method } });
      const onPart = (part: unknown) => {
        const buffers = new Set<ArrayBuffer>();
        note({ part: pack(part, buffers) } satisfies WorkerNote, [...buffers]);
      };
      return found[method]!(...(unpack(values) as unknown[]), {
        ...(unpack(options) as object),
        signal,
        ...(wantsProgress
          ? { onProgress: (progress: Progress | WorkerTrainEvent) => note({ progress } satisfies WorkerNote) }
          : {}),
        ...(wantsParts ? { onPart } : {}),
      });
    }
    case "close":
      (opened.get(request.target) as { dispose?(): void } | undefined)?.dispose?.();
      opened.delete(request.target);
      return undefined;
  }
}

/** With "auto" the first that runs here. */
async function chooseBackend({ backend = "auto", ...options }: WorkerEngine) {
  if (backend === "cpu") return { backend: cpu(), passedOver: [] };
  const first = {
    auto: () => wasm(options.wasm),
    wasm: () => wasm(options.wasm),
    webgpu: () => webgpu(options.webgpu),
    "webgpu-inference": () => webgpuInference(options.webgpu),
  }[backend]();
  const supported = await first.supports();
  if (supported === true) return { backend: first, passedOver: [] };
  const { reason } = supported;
  if (backend !== "auto") throw new MidashError("unsupported", reason, { where: backend });
  return { backend: cpu(), passedOver: [{ backend: "wasm", reason }] };
}

async function evaluate(prediction: Volume, reference: Volume, how: EvaluateOptions) {
  const { Metrics } = await import("../../evaluation/metrics/index.ts");
  return Metrics.evaluate(prediction, reference, how);
}

/** Options of the classifier and of its one call come together. */
async function classify(ct: Volume, { mask, signal, ...how }: ClassifyOptions): Promise<Classification> {
  const { Classifier } = await import("../../imaging/classifier/index.ts");
  return Classifier.density(how).classify(ct, { mask, signal });
}
