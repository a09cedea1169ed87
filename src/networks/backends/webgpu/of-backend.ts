import type { TensorInfo } from "../tfjs/register.ts";
import { playsCard } from "./device.ts";
import type { Products } from "./kernels/products.ts";
import type { BufferStore } from "./steady-buffers.ts";

/** What our kernels use of tfjs's WebGPU backend: its memory, and the command buffer that it fills. */
export interface GpuBackend {
  readonly device: GPUDevice;
  readonly queue: GPUQueue;
  readonly adapterInfo: { readonly vendor?: string; readonly architecture?: string };
  /** Ours: what convolutions multiply in. Default f32. */
  products?: Products;
  /** Ours: measures which way of a product is the fastest, while the work of a session that wants it runs. */
  choices?: Chooser | undefined;
  commandEncoder: GPUCommandEncoder | null;
  computePassEncoder: GPUComputePassEncoder | null;
  dispatchCountInPass: number;
  /** Data that the commands not yet submitted use: freed only after them. */
  readonly commandQueueOwnedIds: WeakSet<object>;
  readonly bufferManager: BufferStore;
  readonly uniformPendingDisposal: GPUBuffer[];
  /** `values` are those that were read of a buffer, or are not in it yet. */
  readonly tensorMap: { get(id: object): { readonly resource: GPUBuffer; values: object | null } };
  makeTensorInfo(shape: readonly number[], dtype: string): TensorInfo;
  uploadToGPU(id: object): void;
  disposeData(id: object): boolean;
  /** Tensors that share the data. */
  refCount(id: object): number;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
}

/** See {@link playsCard}. */
export function isSoftware({ adapterInfo }: Pick<GpuBackend, "adapterInfo">): boolean {
  return playsCard(adapterInfo);
}

/** Commands in a buffer, at most, before it is sent: the GPU begins while the rest is written. */
const BATCH = 64;

/** A compute shader. All its bindings are of group 0: its tensors in order, then, if it has numbers, their uniform. */
export interface Shader {
  readonly label: string;
  /** Entry point `main`. The same text is compiled once. */
  readonly code: string;
}

/** A way to compute a product, on tensors of no content. */
export interface Candidate {
  readonly name: string;
  readonly shader: Shader;
  /** Of its tensors, in order. */
  readonly bytes: readonly number[];
  readonly numbers: Uint32Array;
  readonly groups: readonly [number, number, number];
}

/** Knows the fastest way of a product by name, or asks for the candidates and knows it later. */
export interface Chooser {
  take(product: string, candidates: () => readonly Candidate[]): string | undefined;
}

/** What is compiled and bound on one device. */
interface Made {
  readonly pipelines: Map<string, { readonly pipeline: GPUComputePipeline; readonly number: number }>;
  readonly uniforms: Map<string, GPUBuffer>;
  readonly groups: Map<string, GPUBindGroup>;
  readonly numbers: WeakMap<GPUBuffer, number>;
  next: number;
}

const made = new WeakMap<GPUDevice, Made>();

/** Bind groups kept, at most: a step of training uses some hundreds, and gets the same buffers again in the next. */
const MOST_GROUPS = 4096;

/** Uniforms kept, at most: those of shapes, which come again in each step. */
const MOST_UNIFORMS = 2048;

/**
 * Runs a shader over tensors: adds it to the commands of tfjs's backend, in its order. Nothing is read back and nothing waited for.
 *
 * @param numbers 32-bit words of the uniform, 16-byte aligned by the caller's layout
 * @param groups workgroups along x, y and z
 * @param passing whether the numbers are of this call alone, so that their uniform is not worth keeping
 */
export function dispatch(
  backend: GpuBackend,
  shader: Shader,
  tensors: readonly TensorInfo[],
  numbers: readonly number[] | Uint32Array,
  groups: readonly [number, number, number],
  { passing = false }: { readonly passing?: boolean } = {},
): void {
  const { device } = backend;
  let all = made.get(device);
  if (!all) {
    all = { pipelines: new Map(), uniforms: new Map(), groups: new Map(), numbers: new WeakMap(), next: 0 };
    made.set(device, all);
  }
  const { pipeline, number } = pipelineOf(all, device, shader);
  const buffers = tensors.map(({ dataId }) => {
    backend.uploadToGPU(dataId);
    backend.commandQueueOwnedIds.add(dataId);
    return backend.tensorMap.get(dataId).resource;
  });
  if (numbers.length > 0) buffers.push((passing ? passingUniform : uniformOf)(backend, numbers, all));
  const key = `${number}/${buffers.map((buffer) => numberOf(all, buffer)).join()}`;
  let bound = all.groups.get(key);
  if (!bound) {
    if (all.groups.size >= MOST_GROUPS) all.groups.clear();
    bound = device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
    all.groups.set(key, bound);
  }
  backend.ensureCommandEncoderReady();
  backend.computePassEncoder ??= backend.commandEncoder!.beginComputePass();
  const pass = backend.computePassEncoder;
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bound);
  pass.dispatchWorkgroups(...groups);
  if (++backend.dispatchCountInPass >= BATCH) {
    backend.endComputePassEncoder();
    backend.submitQueue();
  }
}

function pipelineOf(all: Made, device: GPUDevice, { label, code }: Shader) {
  let made = all.pipelines.get(code);
  if (!made) {
    const module = device.createShaderModule({ label, code });
    const compute = { module, entryPoint: "main" };
    const pipeline = device.createComputePipeline({ label, layout: "auto", compute });
    made = { pipeline, number: all.pipelines.size };
    all.pipelines.set(code, made);
  }
  return made;
}

function uniformOf(backend: GpuBackend, numbers: readonly number[] | Uint32Array, all: Made): GPUBuffer {
  const key = numbers.join();
  let buffer = all.uniforms.get(key);
  if (!buffer) {
    if (all.uniforms.size >= MOST_UNIFORMS) all.uniforms.clear(); // freed when nothing waits for them
    const size = Math.ceil(numbers.length / 4) * 16;
    buffer = backend.device.createBuffer({ size, usage: GPUBufferUsage.UNIFORM, mappedAtCreation: true });
    new Uint32Array(buffer.getMappedRange()).set(numbers);
    buffer.unmap();
    all.uniforms.set(key, buffer);
  }
  return buffer;
}

/** From the backend's own store, to which it goes back after the commands. */
function passingUniform(backend: GpuBackend, numbers: readonly number[] | Uint32Array): GPUBuffer {
  const size = Math.ceil(numbers.length / 4) * 16;
  const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
  const buffer = backend.bufferManager.acquireBuffer(size, usage);
  backend.queue.writeBuffer(buffer, 0, Uint32Array.from(numbers));
  backend.uniformPendingDisposal.push(buffer);
  return buffer;
}

function numberOf(all: Made, buffer: GPUBuffer): number {
  let number = all.numbers.get(buffer);
  if (number === undefined) {
    number = all.next++;
    all.numbers.set(buffer, number);
  }
  return number;
}
