/**
 * What WebGPU offers in Node on this machine, and how fast its simplest kernels are: facts for kernels that are to come, as JSON on stdout.
 *
 *     node bench/gpu/adapter.mjs node_modules/webgpu/dist/linux-x64/dawn.node     # of the package "webgpu", wherever it is
 */
import { createRequire } from "node:module";
import { resolve } from "node:path";

const FLAGS = ["enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia"];
const { create, globals } = createRequire(`${process.cwd()}/`)(resolve(process.argv[2]));
Object.assign(globalThis, globals);
const gpu = create(FLAGS);
const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
if (!adapter) throw new Error("no WebGPU adapter: is there a Vulkan driver?");
const fields = (of) => {
  const all = {};
  for (const name in of)
    if (typeof of[name] !== "function" && typeof of[name] !== "object") all[name] = of[name];
  return all;
};
const info = fields(adapter.info);
const matrices = [...(adapter.info.subgroupMatrixConfigs ?? [])].map(fields);
const limits = fields(adapter.limits);
const features = [...adapter.features].sort();
const wanted = ["shader-f16", "subgroups", "timestamp-query", "chromium-experimental-subgroup-matrix"].filter(
  (name) => adapter.features.has(name),
);
const device = await adapter.requestDevice({
  requiredFeatures: wanted,
  requiredLimits: {
    maxBufferSize: limits.maxBufferSize,
    maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
    maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
    maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
  },
});
device.onuncapturederror = ({ error }) => console.error(error.message);
const software = /swiftshader|llvmpipe|cpu/i.test(`${info.device} ${info.description} ${info.architecture}`);

const buffer = (bytes) =>
  device.createBuffer({
    size: bytes,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
  });
const pipeline = (code) =>
  device.createComputePipelineAsync({
    layout: "auto",
    compute: { module: device.createShaderModule({ code }), entryPoint: "main" },
  });
const bound = (made, ...buffers) =>
  device.createBindGroup({
    layout: made.getBindGroupLayout(0),
    entries: buffers.map((each, binding) => ({ binding, resource: { buffer: each } })),
  });

/** Milliseconds of `encode`, the median of several submissions. */
async function timed(encode, repeats = software ? 3 : 12) {
  const times = [];
  for (let n = 0; n < repeats; n++) {
    const encoder = device.createCommandEncoder();
    encode(encoder);
    const started = performance.now();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b)[times.length >> 1];
}

function pass(encoder, made, group, dispatches, groups) {
  const begun = encoder.beginComputePass();
  begun.setPipeline(made);
  begun.setBindGroup(0, group);
  for (let n = 0; n < dispatches; n++) begun.dispatchWorkgroups(groups);
  begun.end();
}

/** TFLOP/s of fused multiply-adds in registers: what no kernel on the shader cores can beat. */
async function multiplyAdds(type) {
  const [loops, groups] = software ? [64, 8] : [4096, 132 * 16];
  const made = await pipeline(`${type === "f16" ? "enable f16;" : ""}
@group(0) @binding(0) var<storage, read_write> out: array<vec4<${type}>>;
@compute @workgroup_size(256) fn main(@builtin(global_invocation_id) id: vec3u) {
  let m = vec4<${type}>(${type}(f32(id.x) * 1e-9 + 0.999));
  var a = vec4<${type}>(${type}(id.x & 7u)); var b = a + m; var c = b + m; var d = c + m; var e = d + m; var f = e + m; var g = f + m; var h = g + m;
  for (var i = 0; i < ${loops}; i++) {
    a = fma(a, m, m); b = fma(b, m, m); c = fma(c, m, m); d = fma(d, m, m); e = fma(e, m, m); f = fma(f, m, m); g = fma(g, m, m); h = fma(h, m, m);
  }
  out[id.x] = a + b + c + d + e + f + g + h;
}`);
  const out = buffer(groups * 256 * (type === "f16" ? 8 : 16));
  const group = bound(made, out);
  const run = (times) => timed((encoder) => pass(encoder, made, group, times, groups));
  await run(1);
  const repeats = software ? 1 : 8;
  const ms = await run(repeats);
  out.destroy();
  return (repeats * groups * 256 * loops * 8 * 4 * 2) / ms / 1e9;
}

/** GB/s of copying one large buffer into another by a kernel, bytes read and written. */
async function copies() {
  const bytes = software ? 2 ** 22 : Math.min(2 ** 30, limits.maxStorageBufferBindingSize);
  const [a, b] = [buffer(bytes), buffer(bytes)];
  const made = await pipeline(`@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> b: array<vec4f>;
@compute @workgroup_size(256) fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) n: vec3u) {
  for (var i = id.x; i < arrayLength(&a); i += n.x * 256u) { b[i] = a[i] + vec4f(1); }
}`);
  const group = bound(made, a, b);
  const run = (times) => timed((encoder) => pass(encoder, made, group, times, 132 * 32));
  await run(1);
  const repeats = software ? 1 : 10;
  const ms = await run(repeats);
  for (const each of [a, b]) each.destroy();
  return (repeats * 2 * bytes) / ms / 1e6;
}

/** Microseconds that one more dispatch of next to nothing costs, in one pass, and a submission with its way back. */
async function overheads() {
  const made = await pipeline(`@group(0) @binding(0) var<storage, read_write> a: array<f32>;
@compute @workgroup_size(1) fn main() { a[0] += 1; }`);
  const a = buffer(256);
  const group = bound(made, a);
  const of = (count) => timed((encoder) => pass(encoder, made, group, count, 1));
  await of(1);
  const [one, many] = [await of(1), await of(1001)];
  return { dispatchUs: many - one, submissionUs: 1000 * one };
}

const measured = { f32Tflops: await multiplyAdds("f32") };
if (wanted.includes("shader-f16")) measured.f16Tflops = await multiplyAdds("f16");
measured.copyGBs = await copies();
Object.assign(measured, await overheads());
console.log(
  JSON.stringify(
    {
      node: process.version,
      flags: FLAGS,
      info,
      software,
      features,
      subgroupMatrices: matrices,
      limits,
      measured,
    },
    null,
    1,
  ),
);
device.destroy();
process.exit(0);
