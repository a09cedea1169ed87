/** What a device is asked to do, counted by wrapping it: nothing is left out, whoever asks. */

/** Work of one kind. */
export interface Counted {
  dispatches: number;
  /** Of the buffers that they read and write, each counted once a dispatch. */
  bytes: number;
}

/** All that was asked of a device since {@link DeviceCounter.begin}. */
export interface DeviceCounts {
  /** By the label of the pipeline. */
  byLabel: Map<string, Counted>;
  submissions: number;
  /** Copies between buffers, and writes into them from the host's memory. */
  copies: number;
  copiedBytes: number;
  writes: number;
  writtenBytes: number;
  /** Reads that wait for the device. */
  reads: number;
  /** Made new, which caches should make few. */
  buffers: number;
  bindGroups: number;
  pipelines: number;
}

/** Counts from its making on; what was made before is not known to it. */
export class DeviceCounter {
  counts = none();
  /** Made and not destroyed, by tfjs and by us. */
  readonly live = { buffers: 0, bytes: 0 };
  readonly #labels = new WeakMap<GPUComputePipeline, string>();
  readonly #bytes = new WeakMap<GPUBindGroup, number>();

  constructor(device: GPUDevice) {
    const own = <
      K extends "createBuffer" | "createBindGroup" | "createComputePipeline" | "createCommandEncoder",
    >(
      name: K,
      then: (made: ReturnType<GPUDevice[K]>, descriptor: Parameters<GPUDevice[K]>[0]) => void,
    ) => {
      const before = device[name].bind(device) as (descriptor: unknown) => ReturnType<GPUDevice[K]>;
      const after = (descriptor: Parameters<GPUDevice[K]>[0]) => {
        const made = before(descriptor);
        then(made, descriptor);
        return made;
      };
      Object.assign(device, { [name]: after });
    };
    own("createBuffer", (buffer) => {
      this.counts.buffers++;
      this.#keep(buffer.size);
      watch(buffer, "destroy", () => this.#keep(-buffer.size));
      watch(buffer, "mapAsync", () => void this.counts.reads++);
    });
    own("createComputePipeline", (pipeline, descriptor) => {
      this.counts.pipelines++;
      this.#labels.set(pipeline, descriptor?.label ?? "");
    });
    own("createBindGroup", (group, descriptor) => {
      this.counts.bindGroups++;
      const sizes = [...descriptor!.entries].map(
        ({ resource }) => (resource as GPUBufferBinding).buffer.size, // all that is bound here
      );
      this.#bytes.set(
        group,
        sizes.reduce((a, b) => a + b, 0),
      );
    });
    own("createCommandEncoder", (encoder) => this.#watchEncoder(encoder));
    watch(device.queue, "submit", () => void this.counts.submissions++);
    watch(device.queue, "writeBuffer", (_buffer, _offset, data, _from, size) => {
      this.counts.writes++;
      this.counts.writtenBytes += size ?? data.byteLength;
    });
  }

  /** From here on. */
  begin(): void {
    this.counts = none();
  }

  #keep(bytes: number): void {
    this.live.buffers += Math.sign(bytes);
    this.live.bytes += bytes;
  }

  #watchEncoder(encoder: GPUCommandEncoder): void {
    watch(encoder, "copyBufferToBuffer", (...given: readonly unknown[]) => {
      this.counts.copies++;
      this.counts.copiedBytes += given.at(-1) as number;
    });
    const begin = encoder.beginComputePass.bind(encoder);
    encoder.beginComputePass = (descriptor) => {
      const pass = begin(descriptor);
      let [label, bytes] = ["", 0];
      watch(pass, "setPipeline", (pipeline) => {
        label = this.#labels.get(pipeline) ?? "";
      });
      watch(pass, "setBindGroup", (_index: number, group: GPUBindGroup | null | undefined) => {
        bytes = (group && this.#bytes.get(group)) ?? 0;
      });
      watch(pass, "dispatchWorkgroups", () => {
        const all = this.counts.byLabel.get(label) ?? { dispatches: 0, bytes: 0 };
        all.dispatches++;
        all.bytes += bytes;
        this.counts.byLabel.set(label, all);
      });
      return pass;
    };
  }
}

/** Sums over all labels. */
export function total({ byLabel }: DeviceCounts): Counted {
  const all = [...byLabel.values()];
  return {
    dispatches: all.reduce((sum, { dispatches }) => sum + dispatches, 0),
    bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

function none(): DeviceCounts {
  return {
    byLabel: new Map(),
    ...{ submissions: 0, copies: 0, copiedBytes: 0, writes: 0, writtenBytes: 0, reads: 0 },
    ...{ buffers: 0, bindGroups: 0, pipelines: 0 },
  };
}

/** Calls `before` ahead of a method of that object. */
function watch<T extends object, K extends keyof T>(
  of: T,
  name: K,
  before: T[K] extends (...args: infer A) => unknown ? (...args: A) => void : never,
): void {
  const method = (of[name] as (...args: unknown[]) => unknown).bind(of);
  const watched = (...args: unknown[]) => {
    (before as (...args: unknown[]) => void)(...args);
    return method(...args);
  };
  Object.assign(of, { [name]: watched });
}
