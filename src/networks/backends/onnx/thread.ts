import { product } from "../../../base/bytes/index.ts";
import { aborted, assert, MidashError, throwIfAborted } from "../../../base/errors/index.ts";
import { encodeOnnx, type NamedArrays } from "../../layers/index.ts";
import type { GraphEngine, LoadedGraph } from "../graph.ts";
import { type NodeWorker, nodeModule } from "../node-modules.ts";
import { Busy, sharedBusy } from "./busy.ts";
import type { RuntimeOptions } from "./runtime.ts";
import type { LoadedInThread, ThreadAnswer, ThreadRequest } from "./thread-main.ts";

/** An engine in a thread of its own; `end` ends the thread. */
export interface ThreadEngine extends GraphEngine {
  end(): void;
}

/** Where the thread's script lies, seen from this code: beside it, or from a shared chunk or the command line. */
const PLACES = ["onnx-thread.js", "backends/onnx-thread.js", "../backends/onnx-thread.js"];

/** The thread's script; `undefined` outside Node, and where the package was bundled and the script was left behind. */
export function threadScript(): string | undefined {
  const [fs, path, url] = [nodeModule("node:fs"), nodeModule("node:path"), nodeModule("node:url")];
  if (!fs || !path || !url) return undefined;
  const here = typeof __filename === "string" ? __filename : url.fileURLToPath(import.meta.url);
  return PLACES.map((place) => path.join(path.dirname(here), place)).find((place) => fs.existsSync(place));
}

type Work = ThreadRequest extends infer R ? (R extends ThreadRequest ? Omit<R, "id"> : never) : never;

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/**
 * Starts a thread that computes graphs with onnxruntime-node. It keeps the process alive only while a call waits.
 *
 * @throws MidashError `missing-package` when onnxruntime-node does not load there
 */
export async function startThread(script: string, options: RuntimeOptions): Promise<ThreadEngine> {
  const calls = new Calls(script);
  try {
    await calls.ask({ do: "start", options });
  } catch (cause) {
    calls.end();
    throw cause;
  }
  return {
    end: () => calls.end(),
    async load(graph) {
      const onnx = await encodeOnnx(graph);
      const loaded = (await calls.ask({ do: "load", onnx }, [onnx.buffer as ArrayBuffer])) as LoadedInThread;
      return graphIn(calls, loaded);
    },
  };
}

function graphIn(calls: Calls, { graph, inputs, outputs }: LoadedInThread): LoadedGraph {
  return {
    inputs,
    outputs,
    async run(tensors, { signal } = {}) {
      for (const [name, { data, shape }] of Object.entries(tensors))
        assert(
          data.length === product(shape),
          `the input "${name}" has ${data.length} values, not those of [${shape.join(", ")}]`,
          { where: "onnx", hint: "give each pass memory of its own: it goes along to the thread" },
        );
      const buffers = Object.values(tensors).map(({ data }) => data.buffer as ArrayBuffer);
      return calls.ask(
        { do: "run", graph, inputs: tensors },
        [...new Set(buffers)],
        signal,
      ) as Promise<NamedArrays>;
    },
    dispose: () => void calls.ask({ do: "dispose", graph }).catch(() => undefined),
  };
}

/** Questions to the thread, and who waits for the answers. */
class Calls {
  readonly #worker: NodeWorker;
  readonly #busy: Busy;
  readonly #unguard: () => void;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  #ended: MidashError | undefined;

  constructor(script: string) {
    const memory = sharedBusy();
    this.#busy = new Busy(memory);
    const { Worker } = nodeModule("node:worker_threads")!;
    const worker = new Worker(script, { workerData: memory, execArgv: [] });
    this.#worker = worker;
    this.#unguard = this.#busy.guardExit();
    worker.unref();
    worker.on("message", (answer: ThreadAnswer) => {
      const waiting = this.#take(answer.id);
      this.#terminateIfIdle();
      if (!waiting) return; // given up
      if ("value" in answer) waiting.resolve(answer.value);
      else waiting.reject(MidashError.from(answer.error));
    });
    worker.on("error", (cause) => this.#fail(`its thread failed: ${cause.message}`, cause));
    worker.on("messageerror", (cause) => this.#fail("an answer of its thread can't be read", cause));
    worker.on("exit", (code) => {
      this.#busy.gone();
      this.#unguard();
      this.#fail(`its thread ended (exit code ${code})`);
    });
  }

  async ask(work: Work, transfer: readonly ArrayBuffer[] = [], signal?: AbortSignal): Promise<unknown> {
    throwIfAborted(signal);
    if (this.#ended) throw this.#ended;
    const id = this.#next++;
    const onAbort = () => this.#take(id)?.reject(aborted(signal));
    signal?.addEventListener("abort", onAbort);
    try {
      return await new Promise((resolve, reject) => {
        this.#worker.postMessage({ ...work, id }, transfer); // answers come later; what can't be sent throws here
        this.#busy.begin();
        this.#waiting.set(id, { resolve, reject });
        this.#worker.ref();
      });
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Ends the thread, when it is through with the pass that runs. */
  end(): void {
    this.#busy.end();
    this.#fail("the session is closed");
    this.#terminateIfIdle();
  }

  #terminateIfIdle(): void {
    if (this.#ended && this.#busy.idle) void this.#worker.terminate();
  }

  /** Who waits for an answer; nobody waits for it from now on. */
  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#worker.unref();
    return waiting;
  }

  #fail(what: string, cause?: unknown): void {
    this.#ended ??= new MidashError("invalid-argument", what, { where: "onnx", cause });
    for (const id of [...this.#waiting.keys()]) this.#take(id)?.reject(this.#ended);
  }
}
