import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { nodeModule } from "../../../base/platform/index.ts";
import type { Tf } from "../backend.ts";
import { interop } from "../interop.ts";
import type { EngineBinary } from "./engine-binary.ts";

/** tfjs's compiled engine as Emscripten gives it, as far as it is used here. */
export interface EmscriptenModule {
  readonly HEAPU8: Uint8Array;
  readonly asm?: Readonly<Record<string, unknown>>;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  cwrap(name: string, returns: "number" | null, takes: readonly "number"[]): (...args: number[]) => number;
  tfjs?: object;
}

type Factory = (config: object) => Promise<EmscriptenModule>;

/** tfjs's engine, with the memory it computes in. */
export interface Started {
  readonly module: EmscriptenModule;
  readonly memory: WebAssembly.Memory;
  /** Whether other threads can see the memory. */
  readonly shared: boolean;
}

/** Pages of 64 KiB: 16 MiB to 4 GiB. */
const INITIAL_PAGES = 256;
const MAXIMUM_PAGES = 65536;

/**
 * Starts tfjs's binary ourselves: tfjs would not tell where its memory is, and in Node would take the one without shared memory.
 * Its own threads stay out; ours work in the same memory.
 */
export async function startEngine({ module: compiled, shared }: EngineBinary): Promise<Started> {
  if (shared) {
    const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: MAXIMUM_PAGES, shared: true });
    const factory = factoryOf(
      await import("@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.js"),
    );
    const module = await withoutWorkers(() => settled(factory, compiled, { wasmMemory: memory }));
    return { module, memory, shared };
  }
  const factory = factoryOf(await import("@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.js"));
  const module = await settled(factory, compiled, {});
  const memory = Object.values(module.asm ?? {}).find((value) => value instanceof WebAssembly.Memory);
  if (!memory) throw new Error("tfjs's WebAssembly shows no memory");
  return { module, memory, shared };
}

/** tfjs's backend around its engine, as tfjs itself would make it. */
export function backendOf(package_: WasmPackage, { module }: Started): BackendWasm {
  const number = "number" as const;
  module.tfjs = {
    init: module.cwrap("init", null, []),
    initWithThreadsCount: module.cwrap("init_with_threads_count", null, [number]),
    getThreadsCount: module.cwrap("get_threads_count", number, []),
    registerTensor: module.cwrap("register_tensor", null, [number, number, number]),
    disposeData: module.cwrap("dispose_data", null, [number]),
    dispose: module.cwrap("dispose", null, []),
  };
  package_.setThreadsCount(1); // its pool would need threads of its own
  return new package_.BackendWasm(module as never);
}

/** What `@tensorflow/tfjs-backend-wasm` exports. */
export type WasmPackage = typeof import("@tensorflow/tfjs-backend-wasm");

/** Whether tfjs's wasm backend is already running in this process. */
export function hasStarted(tf: Tf): boolean {
  return "wasm" in tf.engine().registry;
}

function factoryOf(module: object): Factory {
  return interop(module) as unknown as Factory;
}

/** Emscripten would look for its binary itself; and it listens to the process for errors, which a library must not. */
async function settled(
  factory: Factory,
  compiled: WebAssembly.Module,
  config: object,
): Promise<EmscriptenModule> {
  const { process } = globalThis;
  const events = ["uncaughtException", "unhandledRejection"] as const;
  const before = events.map((event) => process?.listeners?.(event as "uncaughtException") ?? []);
  const aborted = new Promise<never>((_, reject) => {
    Object.assign(config, {
      onAbort: (reason: unknown) => reject(new Error(String(reason))),
      instantiateWasm(imports: WebAssembly.Imports, receive: (instance: object, module: object) => void) {
        WebAssembly.instantiate(compiled, imports).then((instance) => receive(instance, compiled), reject);
        return {}; // its exports come later
      },
    });
  });
  try {
    return await Promise.race([factory(config), aborted]);
  } finally {
    for (const [i, event] of events.entries())
      for (const listener of process?.listeners?.(event as "uncaughtException") ?? [])
        if (!before[i]!.includes(listener)) process.removeListener(event, listener);
  }
}

/** A thread that is told to load and does nothing more. */
class IdleWorker {
  onmessage?: (event: { readonly data: object }) => void;
  postMessage(message: { readonly cmd?: string }): void {
    if (message.cmd === "load") queueMicrotask(() => this.onmessage?.({ data: { cmd: "loaded" } }));
  }
  on(): void {}
  unref(): void {}
  terminate(): void {}
}

/**
 * Calls `start`, whose first, synchronous part makes eight threads that would only wait: it gets {@link IdleWorker}s instead. The
 * platform's own Worker is back before anybody else runs.
 */
function withoutWorkers<T>(start: () => Promise<T>): Promise<T> {
  const threads = nodeModule("node:worker_threads") as { Worker: unknown } | undefined;
  const page = globalThis as { Worker?: unknown };
  const had = "Worker" in page;
  const [ofPage, ofNode] = [page.Worker, threads?.Worker];
  page.Worker = IdleWorker;
  if (threads) threads.Worker = IdleWorker;
  try {
    return start();
  } finally {
    if (threads) threads.Worker = ofNode;
    if (had) page.Worker = ofPage;
    else delete page.Worker;
  }
}
