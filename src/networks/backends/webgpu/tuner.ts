import { type Candidate, type Chooser, type GpuBackend, isSoftware } from "./of-backend.ts";
import { passTimer } from "./pass-timer.ts";
import type { TileChoices } from "./tile-choices.ts";

/** Notes which products a session meets, and times the ways to compute them when its work is done. */
export class Tuner implements Chooser {
  readonly #choices: TileChoices;
  readonly #backend: GpuBackend;
  readonly #adapter: string;
  readonly #waiting = new Map<string, readonly Candidate[]>();
  /** Could not be measured, for want of memory. */
  readonly #hopeless = new Set<string>();

  constructor(backend: GpuBackend, choices: TileChoices) {
    this.#choices = choices;
    this.#backend = backend;
    const { vendor, device, architecture } = backend.device.adapterInfo;
    this.#adapter = [vendor, device || architecture].filter(Boolean).join(" ") || "unknown";
  }

  /** The name of the way that was found the fastest, if that is known. */
  take(key: string, candidates: () => readonly Candidate[]): string | undefined {
    const known = this.#choices.get(this.#adapter, key);
    if (known !== undefined || !this.#choices.measure) return known;
    if (!this.#waiting.has(key) && !this.#hopeless.has(key)) this.#waiting.set(key, candidates());
    return undefined;
  }

  /** Measures what waits. */
  async settle(): Promise<void> {
    for (const [key, all] of [...this.#waiting]) {
      this.#waiting.delete(key);
      const found = await fastest(this.#backend, all);
      if (found === undefined) this.#hopeless.add(key);
      else this.#choices.set(this.#adapter, key, found);
    }
  }
}

/** Of each: runs, of which the shortest counts. */
const RUNS = 3;
/** Milliseconds that a run takes at least, of as many dispatches as that needs. */
const LEAST = 1;

/** The name of the fastest. Undefined where there is no room to try. */
async function fastest(backend: GpuBackend, all: readonly Candidate[]): Promise<string | undefined> {
  const { device } = backend;
  const most = Math.max(...all.map(({ bytes }) => bytes.length));
  device.pushErrorScope("validation");
  device.pushErrorScope("out-of-memory");
  const buffers = Array.from({ length: most }, (_, n) =>
    device.createBuffer({
      size: Math.max(16, ...all.map(({ bytes }) => bytes[n] ?? 0)),
      usage: GPUBufferUsage.STORAGE,
    }),
  );
  const times: { name: string; time: number }[] = [];
  for (const { name, shader, bytes, numbers, groups } of all) {
    const uniform = device.createBuffer({
      size: Math.ceil(numbers.byteLength / 16) * 16,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
    device.queue.writeBuffer(uniform, 0, numbers as Uint32Array<ArrayBuffer>);
    const module = device.createShaderModule(shader);
    const compute = { module, entryPoint: "main" };
    const pipeline = await device.createComputePipelineAsync({ layout: "auto", compute });
    const bound = device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [...bytes.map((_, n) => buffers[n]!), uniform].map((buffer, binding) => ({
        binding,
        resource: { buffer },
      })),
    });
    const timed = passTimer(device, (pass, repeats) => {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bound);
      for (let n = 0; n < repeats; n++) pass.dispatchWorkgroups(...groups);
    });
    let repeats = 1;
    let time = await timed(repeats);
    for (; time < LEAST && repeats < 256 && !isSoftware(backend); repeats *= 4)
      time = await timed(repeats * 4);
    for (let run = 1; run < RUNS; run++) time = Math.min(time, await timed(repeats));
    times.push({ name, time: time / repeats });
    uniform.destroy();
  }
  for (const buffer of buffers) buffer.destroy();
  const failed = [await device.popErrorScope(), await device.popErrorScope()].some((error) => error !== null);
  return failed ? undefined : times.reduce((a, b) => (b.time < a.time ? b : a)).name;
}
