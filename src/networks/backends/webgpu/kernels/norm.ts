/**
 * Norm, scale, shift and leaky ReLU, forward and backward (see `tfjs/norm-leaky.ts` for the formulas): sums over parts of a group's pixels, each part by a workgroup; the sums of all
 * parts, in a fixed order; then each value. Channels lie along threads, so that neighbours read neighbours.
 */

import type { Tf } from "../../backend.ts";
import { layoutOf, NORM_LEAKY, NORM_LEAKY_GRAD, type NormLeakyAttributes } from "../../tfjs/norm-leaky.ts";
import { type KernelArguments, replaceKernel, type TensorInfo } from "../../tfjs/register.ts";
import { dispatch, type GpuBackend } from "../of-backend.ts";
import type { Job } from "./job.ts";
import { spread } from "./tile.ts";

/** Threads of a workgroup. */
const THREADS = 256;
/** Pixels of a part, at least; and parts of a group, at most. */
const [PART, PARTS] = [512, 128];

export function registerNorm(tf: Tf, backendName: string): void {
  replaceKernel(tf, backendName, NORM_LEAKY, forward);
  replaceKernel(tf, backendName, NORM_LEAKY_GRAD, backward);
}

function forward({ inputs, backend: any, attrs }: KernelArguments): TensorInfo[] {
  const backend = any as GpuBackend;
  const { x, gamma, beta } = inputs as Record<string, TensorInfo>;
  const { groups, channels, parts, numbers, four, eachSum, eachValue, eachChannel } = jobOf(x!, attrs);
  const sums = backend.makeTensorInfo([groups, parts, 2, channels], "float32");
  const [mean, inverse] = [0, 1].map(() => backend.makeTensorInfo([groups, channels], "float32"));
  const y = backend.makeTensorInfo(x!.shape, "float32");
  dispatch(backend, sumsShader(four, false), [x!, sums], numbers, eachSum);
  dispatch(backend, STATISTICS, [x!, sums, mean!, inverse!], numbers, eachChannel);
  dispatch(backend, valueShader(four, false), [x!, gamma!, beta!, mean!, inverse!, y], numbers, eachValue);
  backend.disposeData(sums.dataId);
  return [y, mean!, inverse!];
}

function backward({ inputs, backend: any, attrs }: KernelArguments): TensorInfo[] {
  const backend = any as GpuBackend;
  const { x, dy, gamma, beta, mean, inverse } = inputs as Record<string, TensorInfo>;
  const { groups, channels, parts, numbers, four, eachSum, eachValue } = jobOf(x!, attrs);
  const sums = backend.makeTensorInfo([groups, parts, 2, channels], "float32");
  const means = backend.makeTensorInfo([groups, 2, channels], "float32");
  const [dgamma, dbeta] = [0, 1].map(() => backend.makeTensorInfo([channels], "float32"));
  const dx = backend.makeTensorInfo(x!.shape, "float32");
  const known = [x!, dy!, gamma!, beta!, mean!, inverse!];
  dispatch(backend, sumsShader(four, true), [...known, sums], numbers, eachSum);
  dispatch(backend, GRADIENTS, [sums, means, dgamma!, dbeta!], numbers, [Math.ceil(channels / 64), 1, 1]);
  dispatch(backend, valueShader(four, true), [...known, means, dx], numbers, eachValue);
  backend.disposeData(sums.dataId);
  backend.disposeData(means.dataId);
  return [dx, dgamma!, dbeta!];
}

function jobOf(x: TensorInfo, attrs: KernelArguments["attrs"]) {
  const { over, epsilon, slope } = attrs as unknown as NormLeakyAttributes;
  return normLayout({ ...layoutOf(x, over), epsilon, slope });
}

/** What is normalized: each channel of each group of pixels. */
export interface NormSizes {
  readonly groups: number;
  readonly pixels: number;
  readonly channels: number;
  readonly epsilon: number;
  readonly slope: number;
}

/**
 * Forward, without tfjs. `sums` is bound to x and [groups, parts, 2, channels], `statistics` to x, the sums, mean and 1/sd (both [groups, channels]), `values` to x, gamma, beta, mean, 1/sd and
 * the result.
 */
export function normJobs(sizes: NormSizes): Readonly<Record<"sums" | "statistics" | "values", Job>> & {
  readonly parts: number;
} {
  const { numbers, four, parts, eachSum, eachValue, eachChannel } = normLayout(sizes);
  return {
    parts,
    sums: { shader: sumsShader(four, false), numbers, groups: eachSum },
    statistics: { shader: STATISTICS, numbers, groups: eachChannel },
    values: { shader: valueShader(four, false), numbers, groups: eachValue },
  };
}

function normLayout({ groups, pixels, channels, epsilon, slope }: NormSizes) {
  const four = channels % 4 === 0;
  const parts = Math.max(1, Math.min(PARTS, Math.floor(pixels / PART)));
  const share = Math.ceil(pixels / parts);
  const floats = new Uint32Array(Float32Array.of(epsilon, slope).buffer);
  const numbers = Uint32Array.of(groups, pixels, channels, parts, share, floats[0]!, floats[1]!, 0);
  const lanes = lanesOf(channels, four);
  const values = (groups * pixels * channels) / (four ? 4 : 1);
  const [vx, vz] = spread(Math.ceil(values / THREADS));
  return {
    groups,
    channels,
    parts,
    numbers,
    four,
    eachSum: [parts, groups, Math.ceil(channels / (four ? 4 : 1) / lanes)] as const,
    eachChannel: [Math.ceil((groups * channels) / 64), 1, 1] as const,
    eachValue: [vx, 1, vz] as const,
  };
}

/** Threads side by side over channels: a power of 2, at most 64. */
function lanesOf(channels: number, four: boolean): number {
  const wide = four ? channels / 4 : channels;
  return Math.min(64, 2 ** Math.ceil(Math.log2(wide)));
}

const SIZES = `
struct Sizes { groups: u32, pixels: u32, channels: u32, parts: u32, share: u32, epsilon: f32, slope: f32 }`;

/** x̂ and dy through the leaky ReLU. */
const THROUGH = (type: string) => `
  let xhat = (x[at] - mean[gc]) * inverse[gc];
  let d = dy[at] * select(${type}(sizes.slope), ${type}(1), gamma[c] * xhat + beta[c] > ${type}(0));`;

/** Sums over the pixels of a part: of x and x² about the group's first pixel, or of d and d·x̂. Uniform lanes come by the channels, so they are no part of the text. */
function sumsShader(four: boolean, back: boolean) {
  const type = four ? "vec4f" : "f32";
  const inputs = back ? ["x", "dy", "gamma", "beta", "mean", "inverse"] : ["x"];
  return {
    label: back ? "norm: sums of gradients" : "norm: sums",
    code: `${SIZES}
${inputs.map((name, n) => `@group(0) @binding(${n}) var<storage, read> ${name}: array<${type}>;`).join("\n")}
@group(0) @binding(${inputs.length}) var<storage, read_write> sums: array<${type}>;
@group(0) @binding(${inputs.length + 1}) var<uniform> sizes: Sizes;
var<workgroup> one: array<${type}, ${THREADS}>;
var<workgroup> two: array<${type}, ${THREADS}>;
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let wide = sizes.channels / ${four ? 4 : 1};
  var lanes = 1u;
  while (lanes < wide && lanes < 64) { lanes *= 2; }
  let lane = thread % lanes;
  let row = thread / lanes;
  let rows = ${THREADS}u / lanes;
  let c = group.z * lanes + lane;
  let g = group.y;
  let begin = group.x * sizes.share;
  let end = min(begin + sizes.share, sizes.pixels);
  var first = ${type}(0);
  var second = ${type}(0);
  if (c < wide) {
    let start = g * sizes.pixels * wide + c;
    ${back ? "let gc = g * wide + c;" : "let pivot = x[start];"}
    for (var p = begin + row; p < end; p += rows) {
      let at = start + p * wide;
      ${back ? `${THROUGH(type)} first += d; second += d * xhat;` : "let v = x[at] - pivot; first += v; second += v * v;"}
    }
  }
  one[thread] = first;
  two[thread] = second;
  for (var half = rows / 2; half > 0; half /= 2) {
    workgroupBarrier();
    if (row < half) {
      one[thread] += one[thread + half * lanes];
      two[thread] += two[thread + half * lanes];
    }
  }
  if (row == 0 && c < wide) {
    let at = (g * sizes.parts + group.x) * 2 * wide + c;
    sums[at] = one[thread];
    sums[at + wide] = two[thread];
  }
}`,
  };
}

/** Mean and 1/sd of each group and channel. */
const STATISTICS = {
  label: "norm: statistics",
  code: `${SIZES}
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> sums: array<f32>;
@group(0) @binding(2) var<storage, read_write> mean: array<f32>;
@group(0) @binding(3) var<storage, read_write> inverse: array<f32>;
@group(0) @binding(4) var<uniform> sizes: Sizes;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= sizes.groups * sizes.channels) { return; }
  let g = id.x / sizes.channels;
  let c = id.x % sizes.channels;
  var first = 0.0;
  var second = 0.0;
  for (var part = 0u; part < sizes.parts; part++) {
    let at = (g * sizes.parts + part) * 2 * sizes.channels + c;
    first += sums[at];
    second += sums[at + sizes.channels];
  }
  let offset = first / f32(sizes.pixels);
  mean[id.x] = x[g * sizes.pixels * sizes.channels + c] + offset;
  inverse[id.x] = 1 / sqrt(max(0, second / f32(sizes.pixels) - offset * offset) + sizes.epsilon);
}`,
};

/** Means of d and d·x̂ of each group and channel; of all groups together the gradients of gamma and beta. */
const GRADIENTS = {
  label: "norm: gradients",
  code: `${SIZES}
@group(0) @binding(0) var<storage, read> sums: array<f32>;
@group(0) @binding(1) var<storage, read_write> means: array<f32>;
@group(0) @binding(2) var<storage, read_write> dgamma: array<f32>;
@group(0) @binding(3) var<storage, read_write> dbeta: array<f32>;
@group(0) @binding(4) var<uniform> sizes: Sizes;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let c = id.x;
  if (c >= sizes.channels) { return; }
  var all = vec2f(0);
  for (var g = 0u; g < sizes.groups; g++) {
    var own = vec2f(0);
    for (var part = 0u; part < sizes.parts; part++) {
      let at = (g * sizes.parts + part) * 2 * sizes.channels + c;
      own += vec2f(sums[at], sums[at + sizes.channels]);
    }
    all += own;
    means[g * 2 * sizes.channels + c] = own.x / f32(sizes.pixels);
    means[(g * 2 + 1) * sizes.channels + c] = own.y / f32(sizes.pixels);
  }
  dbeta[c] = all.x;
  dgamma[c] = all.y;
}`,
};

/** y, or dx. */
function valueShader(four: boolean, back: boolean) {
  const type = four ? "vec4f" : "f32";
  const inputs = back
    ? ["x", "dy", "gamma", "beta", "mean", "inverse", "means"]
    : ["x", "gamma", "beta", "mean", "inverse"];
  return {
    label: back ? "norm: gradient" : "norm",
    code: `${SIZES}
${inputs.map((name, n) => `@group(0) @binding(${n}) var<storage, read> ${name}: array<${type}>;`).join("\n")}
@group(0) @binding(${inputs.length}) var<storage, read_write> result: array<${type}>;
@group(0) @binding(${inputs.length + 1}) var<uniform> sizes: Sizes;
@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let at = id.x + id.z * groups.x * ${THREADS};
  let wide = sizes.channels / ${four ? 4 : 1};
  if (at >= sizes.groups * sizes.pixels * wide) { return; }
  let c = at % wide;
  let g = at / (sizes.pixels * wide);
  let gc = g * wide + c;
  ${
    back
      ? `${THROUGH(type)}
  result[at] = gamma[c] * inverse[gc] * (d - means[g * 2 * wide + c] - xhat * means[(g * 2 + 1) * wide + c]);`
      : `let v = gamma[c] * inverse[gc] * (x[at] - mean[gc]) + beta[c];
  result[at] = v * select(${type}(sizes.slope), ${type}(1), v > ${type}(0));`
  }
}`,
  };
}
