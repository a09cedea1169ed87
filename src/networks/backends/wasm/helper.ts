import { nodeModule } from "../../../base/platform/index.ts";

/** What a helper is given. */
export interface HelperData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly pool: number;
  readonly thread: number;
  /** Words of the pool. */
  readonly done: number;
  readonly failed: number;
}

/** What a helper runs, after it got `data` and a way to say that it is ready. Should it fail, nobody waits for it for ever. */
const HELP = `
  const { exports } = new WebAssembly.Instance(data.module, { env: { memory: data.memory } });
  ready();
  try {
    exports.help(data.pool, data.thread);
  } catch {
    const words = new Int32Array(data.memory.buffer);
    Atomics.store(words, (data.pool >> 2) + data.failed, 1);
    Atomics.add(words, (data.pool >> 2) + data.done, 1);
  }`;

/** Starts a thread that helps until the process or page ends, which it does not hold up. False where there are no threads. */
export async function startHelper(data: HelperData): Promise<boolean> {
  const threads = nodeModule("node:worker_threads");
  if (threads) {
    const code = `const { workerData: data, parentPort } = require("node:worker_threads");
      const ready = () => parentPort.postMessage("ready");${HELP}`;
    const worker = new threads.Worker(code, { eval: true, workerData: data, execArgv: [] });
    await new Promise((resolve, reject) => {
      worker.on("message", resolve);
      worker.on("error", reject);
    });
    worker.unref();
    return true;
  }
  if (typeof Worker === "undefined") return false;
  const code = `onmessage = ({ data }) => { const ready = () => postMessage("ready");${HELP} };`;
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  try {
    const worker = new Worker(url);
    await new Promise((resolve, reject) => {
      worker.onmessage = resolve;
      worker.onerror = reject;
      worker.postMessage(data);
    });
    return true;
  } catch {
    return false; // a page may forbid workers from blobs
  } finally {
    URL.revokeObjectURL(url);
  }
}
