// A peer's side of a row's conversation for peers that run in Node, as serve.py is for those in Python. `make(row, settings, folder)` gives
// { work, values, details, versions }.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

export async function serve(make) {
  const [row, settings, folder] = process.argv.slice(2);
  const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
  const { work, values, details, versions } = await make(row, JSON.parse(settings), folder);
  say({ ready: true, versions, memory: peakMemory() });
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === "end") return say({ memory: peakMemory(), details: details() });
    const used = process.cpuUsage();
    const start = performance.now();
    const result = await work();
    const ms = performance.now() - start;
    const { user, system } = process.cpuUsage(used);
    say({ ms, cpuMs: (user + system) / 1000, values: values(result) });
  }
}

/** Name -> { data, shape } of a float32 safetensors file. */
export function loadFile(folder, name) {
  const file = readFileSync(join(folder, name));
  const length = Number(file.readBigUInt64LE(0));
  const { __metadata__, ...header } = JSON.parse(file.toString("utf8", 8, 8 + length));
  const body = Uint8Array.from(file.subarray(8 + length)).buffer; // aligned
  return Object.fromEntries(
    Object.entries(header).map(
      ([
        key,
        {
          shape,
          data_offsets: [from, to],
        },
      ]) => [key, { shape, data: new Float32Array(body, from, (to - from) / 4) }],
    ),
  );
}

/** Most resident bytes of this process so far, as src/bench/peak-memory.ts. */
function peakMemory() {
  if (process.platform === "linux") {
    const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "latin1"));
    if (line) return Number(line[1]) * 1024;
  }
  return process.resourceUsage().maxRSS * 1024;
}
