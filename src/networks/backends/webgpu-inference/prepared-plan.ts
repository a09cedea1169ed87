import type { Card } from "./card.ts";
import type { Bound, Plan } from "./plan.ts";
import { aligned } from "./weight-store.ts";

/** Memory that results are copied to, for this processor to read. */
interface Staging {
  readonly buffer: GPUBuffer;
  /** When the last result in it was read. */
  free: Promise<unknown>;
}

/** Results on their way use these in turn: while one is read, the next is computed. */
const STAGINGS = 2;

/** A dispatch with all that it needs. */
interface Call {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly groups: readonly [number, number, number];
}

/** A plan on a card: compiled, bound to its memory, and ready to be sent again and again. */
export class PreparedPlan {
  readonly plan: Plan;
  readonly #device: GPUDevice;
  readonly #arena: GPUBuffer;
  readonly #uniforms: GPUBuffer;
  readonly #calls: readonly Call[];
  readonly #stagings: readonly Staging[];
  #passes = 0;

  private constructor(
    plan: Plan,
    device: GPUDevice,
    memory: {
      readonly arena: GPUBuffer;
      readonly uniforms: GPUBuffer;
      readonly stagings: readonly GPUBuffer[];
    },
    calls: readonly Call[],
  ) {
    this.plan = plan;
    this.#device = device;
    this.#arena = memory.arena;
    this.#uniforms = memory.uniforms;
    this.#stagings = memory.stagings.map((buffer) => ({ buffer, free: Promise.resolve() }));
    this.#calls = calls;
  }

  static async make(card: Card, plan: Plan, weights: GPUBuffer, arena: GPUBuffer): Promise<PreparedPlan> {
    const { steps, bytes, outputs } = plan;
    const jobs = steps.map(({ job }) => job);
    const compiled = Promise.all(jobs.map(({ shader }) => card.pipeline(shader))); // all at the same time
    compiled.catch(() => undefined); // seen below
    const places: number[] = [];
    let end = 0;
    for (const { numbers } of jobs) {
      places.push(end);
      end += aligned(4 * numbers.length);
    }
    const uniforms = await card.buffer(end, GPUBufferUsage.UNIFORM, "the sizes of the network", (memory) => {
      for (const [n, { numbers }] of jobs.entries())
        new Uint32Array(memory, places[n]!, numbers.length).set(numbers);
    });
    const size = outputs.reduce((sum, port) => sum + aligned(port.bytes), 0);
    const stagings: GPUBuffer[] = [];
    for (let n = 0; n < STAGINGS; n++)
      stagings.push(
        await card.buffer(size, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST, "the results"),
      );
    const pipelines = await compiled;
    const range = (bound: Bound): GPUBufferBinding =>
      typeof bound === "string"
        ? { buffer: arena, offset: plan.arena.offsets.get(bound)!, size: bytes.get(bound)! }
        : { buffer: weights, offset: bound.offset, size: bound.bytes };
    const calls = steps.map(({ job, reads, writes }, n) => {
      const pipeline = pipelines[n]!;
      const uniform = { buffer: uniforms, offset: places[n]!, size: Math.ceil(job.numbers.length / 4) * 16 };
      const group = card.device.createBindGroup({
        layout: pipeline.getBindGroupLayout(0),
        entries: [...[...reads, ...writes].map(range), uniform].map((resource, binding) => ({
          binding,
          resource,
        })),
      });
      return { pipeline, group, groups: job.groups };
    });
    return new PreparedPlan(plan, card.device, { arena, uniforms, stagings }, calls);
  }

  /**
   * Sends a pass: one command buffer. Waits only where the results of the two before are not read yet.
   *
   * @returns what waits for the results, in the order of the plan's outputs
   */
  async send(inputs: readonly Float32Array[]): Promise<() => Promise<readonly Float32Array[]>> {
    const staging = this.#stagings[this.#passes++ % STAGINGS]!;
    await staging.free;
    const { offsets } = this.plan.arena;
    for (const [n, { value }] of this.plan.inputs.entries()) {
      const { buffer, byteOffset, byteLength } = inputs[n]!;
      this.#device.queue.writeBuffer(
        this.#arena,
        offsets.get(value)!,
        buffer as ArrayBuffer,
        byteOffset,
        byteLength,
      );
    }
    const commands = this.#device.createCommandEncoder();
    const pass = commands.beginComputePass();
    for (const { pipeline, group, groups } of this.#calls) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(...groups);
    }
    pass.end();
    let at = 0;
    for (const { value, bytes } of this.plan.outputs) {
      commands.copyBufferToBuffer(this.#arena, offsets.get(value)!, staging.buffer, at, bytes);
      at += aligned(bytes);
    }
    this.#device.queue.submit([commands.finish()]);
    const mapped = staging.buffer.mapAsync(GPUMapMode.READ);
    const read = mapped.then(() => {
      const memory = staging.buffer.getMappedRange();
      let from = 0;
      const results = this.plan.outputs.map(({ bytes }) => {
        const result = new Float32Array(memory, from, bytes / 4).slice();
        from += aligned(bytes);
        return result;
      });
      staging.buffer.unmap();
      return results;
    });
    staging.free = read.catch(() => undefined); // whoever waits for it sees the failure
    return () => read;
  }

  /** When all results are read. */
  async settled(): Promise<void> {
    await Promise.all(this.#stagings.map(({ free }) => free));
  }

  dispose(): void {
    this.#uniforms.destroy();
    for (const { buffer } of this.#stagings) buffer.destroy();
  }
}
