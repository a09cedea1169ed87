import { Calls } from "../../base/calls/index.ts";
import { MidashError } from "../../base/errors/index.ts";
import type { NodeWorker } from "../../base/platform/index.ts";
import type { EvaluateOptions, MetricReport } from "../../evaluation/metrics/index.ts";
import type { ReportContent, ReportOptions } from "../../evaluation/report/index.ts";
import type { Classification } from "../../imaging/classifier/index.ts";
import type { LeftOut } from "../../imaging/formats/index.ts";
import type { SurfaceOptions } from "../../imaging/surface/index.ts";
import type { ResampleOptions, Volume } from "../../imaging/volume/index.ts";
import type { HeadPart, HeadPipeline } from "../../road/head/index.ts";
import type { InputSpec } from "../../road/preparation/index.ts";
import type {
  AskingOptions,
  BatchOptions,
  PassedOver,
  Progress,
  Synthesizer,
} from "../../road/synthesis/index.ts";
import type { CtSeriesFiles, FileShelf, GivenFile, ReadVolume, ShelfVolume } from "./file-shelf.ts";
import { packCopies, unpack } from "./packed.ts";
import type {
  ClassifyOptions,
  WorkerEncodeOptions,
  WorkerEngine,
  WorkerNote,
  WorkerRequest,
  WorkerStarted,
  WorkerTarget,
} from "./requests.ts";
import { notStarted, startThread, watchingPolicy } from "./start-thread.ts";
import type { WorkerTraining, WorkerTrainingOptions } from "./training-task.ts";
import { workerTraining } from "./worker-training.ts";

/** Options of {@link openWorker}. */
export interface WorkerOptions extends WorkerEngine {
  /**
   * Starts the worker. Default: the package's script, by `new Worker(new URL(...), { type: "module" })`, which Vite and webpack 5 bundle. For other bundlers
   * make `@midash/core/worker/script` an entry of its own and give `() => new Worker("/its/address.js", { type: "module" })`.
   */
  readonly start?: () => Worker;
}

/** `HeadPipeline` in a worker. `onProgress` is called after each sample and at least four times a second, at first with 0 of 1. */
export type WorkerHead = Pick<HeadPipeline, "synthesize" | "brain" | "tissue" | "dispose">;

/** `Synthesizer` in a worker. `onProgress` is called after each batch and at least four times a second, at first with 0 of 1. */
export interface WorkerSynthesizer extends Pick<Synthesizer, "run" | "dispose"> {
  /** What it takes, in the order of the model's channels. */
  readonly inputs: readonly InputSpec[];
}

/** Files that a worker holds: listed at once, each volume read when it is asked for. */
export interface WorkerFiles {
  /** What can be read, in the order of the files; series of DICOM after them. */
  readonly volumes: readonly ShelfVolume[];
  /** Files that are no volume, each with the reason. */
  readonly leftOut: readonly LeftOut[];
  /**
   * Volume `index` of `volumes`, and the window to show it in.
   *
   * @param options `frame`: of a file with several; `window`: as for `displayWindow`
   */
  read(index: number, options?: Parameters<FileShelf["read"]>[1]): Promise<ReadVolume>;
  /** A synthetic CT as a DICOM series beside the one that volume `index` is: `encodeCtSeries`. */
  ctSeries(
    sct: Volume,
    index: number,
    options?: Parameters<FileShelf["ctSeries"]>[2],
  ): Promise<CtSeriesFiles>;
  /** Forgets the files. */
  dispose(): void;
}

/** A worker that computes, so that the page stays alive. What it throws arrives as MidashError; `signal` stops its work at the next piece. */
export interface MidashWorker {
  /** The backend that computes. */
  readonly backend: string;
  /** With `"auto"`: what would have come first, and why it was not taken. */
  readonly passedOver: readonly PassedOver[];
  /** The model of heads that comes with the package, or one of one's own as the bytes of its file. */
  head(options?: { readonly model?: Uint8Array }): Promise<WorkerHead>;
  /** A model as the bytes of its file, or several that are averaged. @throws MidashError as `decodeModel` and `Synthesizer` do */
  synthesizer(
    models: Uint8Array | readonly Uint8Array[],
    options?: AskingOptions & BatchOptions,
  ): Promise<WorkerSynthesizer>;
  /**
   * What is among files that were chosen or dropped: volumes of any format, DICOM series in any order. They are read in the worker.
   *
   * @param files `File`s of a page, or names with their bytes
   */
  files(
    files: readonly (File | GivenFile)[],
    options?: { readonly signal?: AbortSignal },
  ): Promise<WorkerFiles>;
  /**
   * A model to be trained in the worker, kept in the browser under a name: see {@link WorkerTraining}. The code for it is loaded by the first call. The worker does nothing else
   * while a step is computed: open one of its own for training where the page also shows images.
   *
   * @throws MidashError `invalid-argument` for settings, `not-found` for files without a pair
   */
  training(options?: WorkerTrainingOptions): Promise<WorkerTraining>;
  /** As `encodeVolume`. */
  encode(volume: Volume, options: WorkerEncodeOptions): Promise<Uint8Array>;
  /** As `resample`. */
  resample(volume: Volume, options: ResampleOptions): Promise<Volume>;
  /** The surface around what reaches a level, as a binary STL file: `encodeStl(surfaceOf(volume, options))`. */
  stl(volume: Volume, options: SurfaceOptions): Promise<Uint8Array>;
  /** As `reportHtml`: one self-contained HTML file. */
  report(content: ReportContent, options?: ReportOptions): Promise<string>;
  /** As `Metrics.evaluate`. */
  evaluate(prediction: Volume, reference: Volume, options: EvaluateOptions): Promise<MetricReport>;
  /** As `Classifier.density(...).classify`. */
  classify(ct: Volume, options?: ClassifyOptions): Promise<Classification>;
  /** Ends the worker and what it computes. */
  dispose(): void;
}

/**
 * Starts a worker that holds models and computes in a thread of its own: in a page, or in Node. Volumes go there as copies, made piece by piece, and results come back without one.
 *
 * @example
 * const worker = await openWorker();
 * const head = await worker.head();
 * const { sct } = await head.synthesize(mr, { signal, onProgress: ({ done, total }) => show(done / total) });
 *
 * @throws MidashError `unsupported` where workers are forbidden or the backend can't run; `io` when the worker's script does not load
 */
export async function openWorker(options: WorkerOptions = {}): Promise<MidashWorker> {
  const { start, wasm, ...engine } = options;
  return watchingPolicy(
    async () => {
      const thread = startThread(start);
      const lost = (how: string, cause?: unknown) => notStarted(how, cause);
      const calls = new Calls<WorkerRequest>(thread, { lost });
      const asked: WorkerRequest = { do: "start", engine: { ...engine, wasm: wasm && absolute(wasm) } };
      try {
        return workerOf(thread, calls, (await calls.ask(asked)) as WorkerStarted);
      } catch (error) {
        void thread.terminate();
        throw error;
      }
    },
    (error, blockedBy) => (blockedBy ? notStarted("", error, blockedBy) : error),
  );
}

function workerOf(thread: NodeWorker, calls: Calls<WorkerRequest>, started: WorkerStarted): MidashWorker {
  /** A method of what is there, with its values and, last, its options. */
  const call = async <T>(
    target: WorkerTarget,
    method: string,
    values: unknown,
    options: CallOptions = {},
  ) => {
    const { signal, onProgress, onPart, ...plain } = options;
    let latest: Progress = { done: 0, total: 1 }; // until it is known of how many
    const onNote = (said: unknown) => {
      const note = said as WorkerNote;
      if ("part" in note) return onPart?.(unpack(note.part) as HeadPart);
      latest = note.progress as Progress;
      onProgress?.(latest);
    };
    // A piece may take longer: whoever shows how far it is shows at least that it goes on.
    const pulse = onProgress && setInterval(() => onProgress(latest), 250);
    try {
      const { packed, transfer } = await packCopies([values, plain]);
      const [sent, how] = packed as readonly [unknown, unknown];
      const request: WorkerRequest = {
        do: "call",
        target,
        method,
        values: sent,
        options: how,
        wantsProgress: onProgress !== undefined,
        wantsParts: onPart !== undefined,
      };
      return unpack(await calls.ask(request, { signal, onNote, transfer })) as T;
    } finally {
      clearInterval(pulse);
    }
  };
  const close = (target: number) => void calls.ask({ do: "close", target }).catch(() => undefined);
  return {
    ...started,
    async head({ model } = {}) {
      const target = (await calls.ask({ do: "open head", model })) as number;
      return {
        synthesize: (mr, options) => call(target, "synthesize", [mr], options),
        brain: (mr, options) => call(target, "brain", [mr], options),
        tissue: (mr, options) => call(target, "tissue", [mr], options),
        dispose: () => close(target),
      };
    },
    async synthesizer(models, options = {}) {
      const request: WorkerRequest = { do: "open synthesizer", models: [models].flat(), options };
      const { target, inputs } = (await calls.ask(request)) as {
        readonly target: number;
        readonly inputs: readonly InputSpec[];
      };
      return {
        inputs,
        run: (input, how) => call(target, "run", [input], how),
        dispose: () => close(target),
      };
    },
    async files(given, { signal } = {}) {
      const request: WorkerRequest = { do: "open files", files: given.map(namedFile) };
      const { target, ...listed } = (await calls.ask(request, { signal })) as {
        readonly target: number;
      } & Pick<WorkerFiles, "volumes" | "leftOut">;
      return {
        ...listed,
        read: (index, how) => call(target, "read", [index], how),
        ctSeries: (sct, index, how) => call(target, "ctSeries", [sct, index], how),
        dispose: () => close(target),
      };
    },
    async training({ files, ...task } = {}) {
      const request: WorkerRequest = {
        do: "open training",
        task: { ...task, ...(files ? { files: files.map(namedFile) } : {}) },
      };
      const target = (await calls.ask(request)) as number;
      return workerTraining(
        (method, values, options = {}, onProgress) =>
          calls.ask(
            {
              do: "call",
              target,
              method,
              values,
              options,
              wantsProgress: onProgress !== undefined,
              wantsParts: false,
            },
            {
              onNote: onProgress && ((note) => onProgress((note as { progress: unknown }).progress)),
            },
          ),
        () => close(target),
      );
    },
    encode: (volume, how) => call("volumes", "encode", [volume], how),
    resample: (volume, how) => call("volumes", "resample", [volume], how),
    stl: (volume, how) => call("volumes", "stl", [volume, how]),
    report: (content, how) => call("volumes", "report", [content], how),
    evaluate: (prediction, reference, options) =>
      call("metrics", "evaluate", [prediction, reference], options),
    classify: (ct, options) => call("density", "classify", [ct], options),
    dispose() {
      calls.end(new MidashError("invalid-argument", "was disposed", { where: { call: "MidashWorker" } }));
      void thread.terminate();
    },
  };
}

/** A page's `File` by the folders it came in, which a structured clone would lose. */
function namedFile(file: File | GivenFile): GivenFile {
  if ("content" in file) return file;
  return { name: file.webkitRelativePath || file.name, content: file };
}

interface CallOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  readonly onPart?: (part: HeadPart) => void;
}

/** Addresses as the page means them: the worker's own begin elsewhere. */
function absolute(options: NonNullable<WorkerEngine["wasm"]>): WorkerEngine["wasm"] {
  const { paths } = options;
  const page = globalThis.document as Document | undefined;
  const whole = (path: string) => (page ? new URL(path, page.baseURI).href : path);
  if (paths === undefined) return options;
  if (typeof paths === "string") return { ...options, paths: whole(paths) };
  const entries = Object.entries<string>(paths).map(([file, path]) => [file, whole(path)]);
  return { ...options, paths: Object.fromEntries(entries) };
}
