import { MidashError } from "../../../base/errors/index.ts";
import type { OpenedDevice } from "../webgpu/device.ts";
import { type DeviceHealth, LESS } from "../webgpu/health.ts";
import type { Shader } from "../webgpu/of-backend.ts";

const WHERE = "webgpu-inference";

/** A graphics card: what is compiled for it, its memory, and whether it still answers. */
export class Card {
  readonly device: GPUDevice;
  readonly adapterInfo: GPUAdapterInfo;
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>();
  readonly #health: DeviceHealth;
  #closed = false;

  constructor({ device, adapter, health }: OpenedDevice) {
    this.device = device;
    this.adapterInfo = adapter.info;
    this.#health = health;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** A shader, compiled once, beside others and off this thread. Values and weights are each of one buffer, of which WebGPU lets a shader only write parts or only read. */
  pipeline({ label, code: text }: Shader): Promise<GPUComputePipeline> {
    const code = text.replaceAll("var<storage, read>", "var<storage, read_write>");
    let made = this.#pipelines.get(code);
    if (!made) {
      const module = this.device.createShaderModule({ label, code });
      made = this.device.createComputePipelineAsync({
        label,
        layout: "auto",
        compute: { module, entryPoint: "main" },
      });
      this.#pipelines.set(code, made);
    }
    return made;
  }

  /**
   * Memory on the card.
   *
   * @param what it is for, for the error
   * @param fill writes into it first
   * @throws MidashError `out-of-memory` where there is not as much
   */
  async buffer(
    size: number,
    usage: number,
    what: string,
    fill?: (memory: ArrayBuffer) => void,
  ): Promise<GPUBuffer> {
    const { maxBufferSize } = this.device.limits;
    if (size > maxBufferSize)
      throw tooMuch(size, what, `it gives at most ${megabytes(maxBufferSize)} at once`);
    this.device.pushErrorScope("out-of-memory");
    let buffer: GPUBuffer | undefined;
    let cause: unknown;
    try {
      buffer = this.device.createBuffer({
        size: Math.max(16, size),
        usage,
        mappedAtCreation: fill !== undefined,
      });
      if (fill) {
        fill(buffer.getMappedRange());
        buffer.unmap();
      }
    } catch (error) {
      cause = error;
    }
    const error = await this.device.popErrorScope();
    if (buffer && !error && cause === undefined) return buffer;
    buffer?.destroy();
    throw tooMuch(size, what, "it is full", cause ?? new Error(error?.message));
  }

  /** See `DeviceHealth.watch`. */
  async watch<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.#health.watch(work);
    } catch (cause) {
      if (!this.#closed) throw cause;
      throw new MidashError("invalid-argument", "the session is closed", { where: WHERE, cause });
    }
  }

  close(): void {
    this.#closed = true;
    this.device.destroy();
  }
}

function tooMuch(bytes: number, what: string, why: string, cause?: unknown): MidashError {
  return new MidashError(
    "out-of-memory",
    `the graphics card has no ${megabytes(bytes)} for ${what}: ${why}`,
    {
      where: WHERE,
      hint: [...LESS, "close what else uses the card"],
      cause,
    },
  );
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
