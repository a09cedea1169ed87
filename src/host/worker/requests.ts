import type { DensityOptions } from "../../imaging/classifier/index.ts";
import type { VolumeFormatName } from "../../imaging/formats/index.ts";
import type { Volume } from "../../imaging/volume/index.ts";
import type { WasmOptions, WebgpuOptions } from "../../networks/backends/index.ts";
import type { AskingOptions, BatchOptions, PassedOver, Progress } from "../../road/synthesis/index.ts";
import type { GivenFile } from "./file-shelf.ts";
import type { WorkerTrainEvent, WorkerTrainingOptions } from "./training-task.ts";

/** Where a worker computes. */
export interface WorkerEngine {
  /**
   * `"auto"`: wasm, and where it can't run cpu, which is slow and always works. `"webgpu"` computes on a graphics card with tfjs, `"webgpu-inference"` with a small engine that
   * only synthesises; both are taken by name alone. A page's worker holds all that they need and loads it when it is asked for; in Node their packages are the application's. Default `"auto"`.
   */
  readonly backend?: "auto" | "wasm" | "cpu" | "webgpu" | "webgpu-inference";
  /** Options of `webgpu()` and `webgpuInference()`. */
  readonly webgpu?: WebgpuOptions;
  /** Options of `wasm()`. */
  readonly wasm?: WasmOptions;
}

/** What a worker computes with. */
export interface WorkerStarted {
  readonly backend: string;
  /** With `"auto"`: what would have come first, and why it was not taken. */
  readonly passedOver: readonly PassedOver[];
}

/** Options of `MidashWorker.classify`. */
export interface ClassifyOptions extends DensityOptions {
  /** Only voxels where it is above 0 get a class and count; default: all voxels. */
  readonly mask?: Volume;
  readonly signal?: AbortSignal;
}

/** Options of `MidashWorker.encode`. */
export interface WorkerEncodeOptions {
  readonly format: VolumeFormatName;
  /** Compress. Default: what the format does by itself, which is false but for "nrrd". */
  readonly gzip?: boolean;
  readonly signal?: AbortSignal;
}

/** What the worker is asked to do. Models are the bytes of model files; values are packed. */
export type WorkerRequest =
  | { readonly do: "start"; readonly engine: WorkerEngine }
  | { readonly do: "open head"; readonly model?: Uint8Array }
  | {
      readonly do: "open synthesizer";
      readonly models: readonly Uint8Array[];
      readonly options: AskingOptions & BatchOptions;
    }
  | { readonly do: "open files"; readonly files: readonly GivenFile[] }
  | {
      readonly do: "open training";
      readonly task: Omit<WorkerTrainingOptions, "files"> & { readonly files?: readonly GivenFile[] };
    }
  | {
      readonly do: "call";
      readonly target: WorkerTarget;
      readonly method: string;
      readonly values: unknown;
      readonly options: unknown;
      readonly wantsProgress: boolean;
      readonly wantsParts: boolean;
    }
  | { readonly do: "close"; readonly target: number };

/** What the worker says on the way: how far a call is (of a training each event), or a packed part of what it will give. */
export type WorkerNote = { readonly progress: Progress | WorkerTrainEvent } | { readonly part: unknown };

/** What was opened, by its number, or what need not be opened. */
export type WorkerTarget = number | "metrics" | "density" | "volumes";
