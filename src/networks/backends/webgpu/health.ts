import { MidashError } from "../../../base/errors/index.ts";

/** What to do where memory is short. */
export const LESS = [["lower ", { option: "batchSize" }, " or the sampler's ", { option: "size" }]] as const;

/**
 * Whether a device still computes. WebGPU throws nothing where a command fails: a lost device takes all commands and does none, and memory that is not there
 * reads as if it were. So what a session did counts only when nothing was reported until its end.
 */
export class DeviceHealth {
  readonly #device: GPUDevice;
  /** Nothing can be computed any more, or what is in memory can't be trusted. */
  #end: MidashError | undefined;
  /** Of the work in progress: its commands were wrong, the device is not. */
  #fault: MidashError | undefined;

  constructor(device: GPUDevice) {
    this.#device = device;
    device.lost.then(({ reason, message }) => {
      this.#end ??= lost(reason, message);
    });
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault(); // or the browser writes it to its console, too
      this.#note(event.error);
    });
  }

  /** Ended devices are replaced by new sessions. */
  get ended(): boolean {
    return this.#end !== undefined;
  }

  /**
   * Does the work, and waits for what it reads.
   *
   * @throws MidashError `device-lost`, `out-of-memory`, with what the work itself threw as the cause; `internal` for a command that is none
   */
  async watch<T>(work: () => Promise<T>): Promise<T> {
    if (this.#end) throw this.#end;
    this.#fault = undefined;
    let result: T;
    try {
      result = await work();
    } catch (cause) {
      await settled(); // a read may fail before it is said why
      throw this.#found(cause) ?? cause;
    }
    const found = this.#found();
    if (found) throw found;
    return result;
  }

  #found(cause?: unknown): MidashError | undefined {
    const found = this.#end ?? this.#fault;
    if (!found || cause === undefined || found === cause) return found;
    const { kind, what, where, ways, hint } = found;
    return new MidashError(kind, what, { where, hint: ways ?? hint, cause });
  }

  #note(error: GPUError): void {
    if (typeof GPUOutOfMemoryError !== "undefined" && error instanceof GPUOutOfMemoryError) {
      this.#end ??= new MidashError("out-of-memory", "the graphics card's memory is full", {
        where: "webgpu",
        hint: [...LESS, "close what else uses the card"],
        cause: new Error(error.message),
      });
      setTimeout(() => this.#device.destroy(), 0); // frees what is left; Dawn stands still when asked to within an event
      return;
    }
    this.#fault ??= new MidashError("internal", `the graphics card refused a command: ${error.message}`, {
      where: "webgpu",
    });
  }
}

function lost(reason: string, message: string): MidashError {
  const why = reason === "destroyed" ? "its device was destroyed" : message || "its driver does not say why";
  return new MidashError("device-lost", `the graphics card was lost in the middle of the work: ${why}`, {
    where: "webgpu",
    hint: ["resume the run from its last checkpoint", "open a new session"],
  });
}

/** Events that were on their way have arrived. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
