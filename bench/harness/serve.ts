import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { cpuTime } from "./cpu-time.ts";
import { peakMemory } from "./peak-memory.ts";
import type { Task } from "./suite.ts";

/**
 * Our side of a row's conversation, a line of JSON a message; `bench/peers/serve.py` is the peer's. First comes
 * `{ ready, versions, memory }`; "run" is answered by `{ ms, cpuMs, values }`, "end" by `{ memory, details }`.
 */
export async function serveTask(
  make: () => Promise<Task>,
  streams: { readonly input: Readable; readonly output: Writable },
): Promise<void> {
  const say = (message: object) => streams.output.write(`${JSON.stringify(message)}\n`);
  const task = await make();
  say({ ready: true, versions: task.versions ?? {}, memory: peakMemory() });
  for await (const line of createInterface({ input: streams.input })) {
    if (line === "end") {
      const memory = peakMemory(); // of the runs alone: details may take more
      say({ memory, details: (await task.details?.()) ?? {} });
      return;
    }
    const used = cpuTime();
    const start = performance.now();
    await task.work();
    const ms = performance.now() - start;
    const cpuMs = cpuTime() - used;
    say({ ms, cpuMs, values: task.values?.() ?? {} });
  }
}
