import { MidashError } from "../../../base/errors/index.ts";
import type { OpenedDevice } from "../webgpu/device.ts";
import { isSoftware, type Shader } from "../webgpu/of-backend.ts";

const WHERE = "webgpu-inference";

/** A graphics card: what is compiled for it, its memory, and whether it still answers. */
export class Card {
  readonly device: GPUDevice;
  /** Whether a processor plays the card. */
  readonly software: boolean;
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>();
  #closed = false;
  #lost: string | undefined;
  #refused: string | undefined;

  constructor({ device, adapter }: Pick<OpenedDevice, "device" | "adapter">) {
    this.device = device;
    this.software = isSoftware({ adapterInfo: adapter.info });
    device.lost.then(({ message }) => {
      this.#lost = message || "its driver does not say why";
    });
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault(); // or the browser writes it to its console, too
      this.#refused ??= event.error.message;
    });
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
   * @throws MidashError `limit` where there is not as much
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

  /** @throws MidashError `limit` where a shader can't reach as much at once */
  assertBinding(bytes: number, what: string): void {
    const most = this.device.limits.maxStorageBufferBindingSize;
    if (bytes > most) throw tooMuch(bytes, what, `a shader of it reaches at most ${megabytes(most)}`);
  }

  /** Does the work, and waits for what it reads. WebGPU throws nothing where a command fails: only what was said meanwhile tells. */
  async watch<T>(work: () => Promise<T>): Promise<T> {
    this.#check();
    try {
      const result = await work();
      this.#check();
      return result;
    } catch (cause) {
      await new Promise((resolve) => setTimeout(resolve, 0)); // a read may fail before it is said why
      this.#check(cause);
      throw cause;
    }
  }

  close(): void {
    this.#closed = true;
    this.device.destroy();
  }

  #check(cause?: unknown): void {
    if (this.#closed) throw new MidashError("invalid-argument", "the session is closed", { where: WHERE });
    if (this.#lost !== undefined)
      throw new MidashError(
        "unsupported",
        `the graphics card was lost in the middle of the work: ${this.#lost}`,
        {
          where: WHERE,
          hint: "open a new session and run it again",
          cause,
        },
      );
    if (this.#refused !== undefined)
      throw new MidashError("internal", `the graphics card refused a command: ${this.#refused}`, {
        where: WHERE,
        cause,
      });
  }
}

function tooMuch(bytes: number, what: string, why: string, cause?: unknown): MidashError {
  return new MidashError("limit", `the graphics card has no ${megabytes(bytes)} for ${what}: ${why}`, {
    where: WHERE,
    hint: [
      ["lower ", { option: "batchSize" }, " or the sampler's ", { option: "size" }],
      "close what else uses the card",
    ],
    cause,
  });
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
