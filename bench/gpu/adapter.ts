import { openDevice } from "../../src/networks/backends/webgpu/device.ts";
import { FMA_LANES, FMA_LOOP, fmaShader } from "./fma.ts";

/** What WebGPU says of the adapter, and how fast its simplest kernels are: what no kernel can beat. */
export interface AdapterFacts {
  readonly info: Readonly<Record<string, unknown>>;
  /** Whether it is a program on the processor. */
  readonly software: boolean;
  readonly features: readonly string[];
  readonly subgroupMatrices: readonly Readonly<Record<string, unknown>>[];
  readonly limits: Readonly<Record<string, unknown>>;
  readonly measured: {
    /** Multiply-adds in registers, each as two operations. */
    readonly f32Tflops: number;
    readonly f16Tflops?: number;
    /** A kernel that copies one large buffer into another: bytes read and written. */
    readonly copyGBs: number;
    /** One more dispatch of next to nothing in a pass, and a submission with its way back. */
    readonly dispatchUs: number;
    readonly submissionUs: number;
  };
}

/** @throws MidashError `unsupported`, `missing-package` where there is no adapter */
export async function adapterFacts(): Promise<AdapterFacts> {
  const { adapter, device } = await openDevice();
  const info = plain(adapter.info);
  const software = /swiftshader|llvmpipe|cpu/i.test(
    `${info.device} ${info.description} ${info.architecture}`,
  );
  const matrices = (adapter.info as { readonly subgroupMatrixConfigs?: Iterable<object> })
    .subgroupMatrixConfigs;
  const bench = new Bench(device, software);
  const f16 = adapter.features.has("shader-f16") ? await bench.multiplyAdds("f16") : undefined;
  const facts = {
    info,
    software,
    features: [...adapter.features].sort(),
    subgroupMatrices: [...(matrices ?? [])].map(plain),
    limits: plain(adapter.limits),
    measured: {
      f32Tflops: await bench.multiplyAdds("f32"),
      ...(f16 === undefined ? {} : { f16Tflops: f16 }),
      copyGBs: await bench.copies(),
      ...(await bench.overheads()),
    },
  };
  device.destroy();
  return facts;
}

/** Texts, numbers and booleans of a host object. */
function plain(of: object): Readonly<Record<string, unknown>> {
  const all: Record<string, unknown> = {};
  for (const name in of) {
    const value = (of as Readonly<Record<string, unknown>>)[name];
    if (["string", "number", "boolean"].includes(typeof value)) all[name] = value;
  }
  return all;
}

/** A pipeline with its bind group. */
interface Kernel {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
}

class Bench {
  readonly #device: GPUDevice;
  readonly #software: boolean;

  constructor(device: GPUDevice, software: boolean) {
    this.#device = device;
    this.#software = software;
  }

  async multiplyAdds(type: "f32" | "f16"): Promise<number> {
    const [loops, groups] = this.#software ? [64, 8] : [4096, 132 * 16];
    const out = this.#buffer(groups * 256 * (type === "f16" ? 8 : 16));
    const kernel = await this.#kernel(fmaShader(type, loops), out);
    await this.#ms(kernel, 1, groups);
    const repeats = this.#software ? 1 : 8;
    const ms = await this.#ms(kernel, repeats, groups);
    out.destroy();
    return (repeats * groups * 256 * loops * FMA_LOOP * FMA_LANES * 2) / ms / 1e9;
  }

  async copies(): Promise<number> {
    const bytes = this.#software
      ? 2 ** 22
      : Math.min(2 ** 30, this.#device.limits.maxStorageBufferBindingSize);
    const [a, b] = [this.#buffer(bytes), this.#buffer(bytes)];
    const kernel = await this.#kernel(
      `@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> b: array<vec4f>;
@compute @workgroup_size(256) fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) n: vec3u) {
  for (var i = id.x; i < arrayLength(&a); i += n.x * 256u) { b[i] = a[i] + vec4f(1); }
}`,
      a,
      b,
    );
    await this.#ms(kernel, 1, 132 * 32);
    const repeats = this.#software ? 1 : 10;
    const ms = await this.#ms(kernel, repeats, 132 * 32);
    for (const each of [a, b]) each.destroy();
    return (repeats * 2 * bytes) / ms / 1e6;
  }

  async overheads(): Promise<{ readonly dispatchUs: number; readonly submissionUs: number }> {
    const kernel = await this.#kernel(
      "@group(0) @binding(0) var<storage, read_write> a: array<f32>;\n@compute @workgroup_size(1) fn main() { a[0] += 1; }",
      this.#buffer(256),
    );
    await this.#ms(kernel, 1, 1);
    const [one, many] = [await this.#ms(kernel, 1, 1), await this.#ms(kernel, 1001, 1)];
    return { dispatchUs: many - one, submissionUs: 1000 * one };
  }

  #buffer(size: number): GPUBuffer {
    const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
    return this.#device.createBuffer({ size, usage: STORAGE | COPY_SRC | COPY_DST });
  }

  async #kernel(code: string, ...buffers: readonly GPUBuffer[]): Promise<Kernel> {
    const pipeline = await this.#device.createComputePipelineAsync({
      layout: "auto",
      compute: { module: this.#device.createShaderModule({ code }), entryPoint: "main" },
    });
    const group = this.#device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
    return { pipeline, group };
  }

  /** Milliseconds of a pass of dispatches, from its submission to its end: the median of several. */
  async #ms({ pipeline, group }: Kernel, dispatches: number, groups: number): Promise<number> {
    const times: number[] = [];
    for (let n = 0; n < (this.#software ? 3 : 12); n++) {
      const encoder = this.#device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      for (let each = 0; each < dispatches; each++) pass.dispatchWorkgroups(groups);
      pass.end();
      const commands = encoder.finish();
      const started = performance.now();
      this.#device.queue.submit([commands]);
      await this.#device.queue.onSubmittedWorkDone();
      times.push(performance.now() - started);
    }
    return times.sort((a, b) => a - b)[times.length >> 1]!;
  }
}
