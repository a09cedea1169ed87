/** {@link registerNormLeaky}'s kernels compiled (../assembly/norm.ts), for channels in fours and slopes of 0 to 1. */
import type { Tf } from "../../backend.ts";
import { layoutOf, NORM_LEAKY, NORM_LEAKY_GRAD, type NormLeakyAttributes } from "../../tfjs/norm-leaky.ts";
import { type KernelArguments, overrideKernel, type TensorInfo } from "../../tfjs/register.ts";
import { type HeapBackend, poolOf } from "../of-backend.ts";

/** Pixels of a part of the sums, at least; and parts of a group, at most. By shape alone, so that the bits don't depend on threads. */
const [PART, PARTS] = [256, 16];
/** Bytes of the two float64 sums of a channel. */
const SUMS = 16;

export function registerFastNorm(tf: Tf, backendName: string): void {
  overrideKernel(tf, backendName, NORM_LEAKY, forward);
  overrideKernel(tf, backendName, NORM_LEAKY_GRAD, backward);
}

function forward(args: KernelArguments): TensorInfo[] | undefined {
  const { x, gamma, beta } = args.inputs as Record<string, TensorInfo>;
  const job = jobOf(args, x!);
  if (!job) return undefined;
  const { backend, groups, channels, run } = job;
  const y = backend.makeOutput(x!.shape, "float32");
  const mean = backend.makeOutput([groups, channels], "float32");
  const inverse = backend.makeOutput([groups, channels], "float32");
  run("norm", [x, undefined, gamma, beta, mean, inverse, y, undefined, undefined]);
  return [y, mean, inverse];
}

function backward(args: KernelArguments): TensorInfo[] | undefined {
  const { x, dy, gamma, beta, mean, inverse } = args.inputs as Record<string, TensorInfo>;
  const job = jobOf(args, x!);
  if (!job) return undefined;
  const { backend, groups, channels, run } = job;
  const dx = backend.makeOutput(x!.shape, "float32");
  // Of each group; the sums over groups follow.
  const [dgamma, dbeta] = [0, 1].map(() => backend.makeOutput([groups, channels], "float32"));
  run("normGradient", [x, dy, gamma, beta, mean, inverse, dx, dgamma, dbeta]);
  return [
    dx,
    ...[dgamma!, dbeta!].map((each) => (groups === 1 ? ofOne(each, channels) : sumOf(backend, each))),
  ];
}

function ofOne(info: TensorInfo, channels: number): TensorInfo {
  return { ...info, shape: [channels] };
}

/** [groups, C] -> [C]; the groups' memory is freed. */
function sumOf(backend: HeapBackend, of: TensorInfo): TensorInfo {
  const [groups, channels] = of.shape as [number, number];
  const sum = backend.makeOutput([channels], "float32");
  const values = backend.typedArrayFromHeap(of) as Float32Array;
  const out = backend.typedArrayFromHeap(sum) as Float32Array;
  for (let c = 0; c < channels; c++) {
    let total = 0;
    for (let group = 0; group < groups; group++) total += values[group * channels + c]!;
    out[c] = total;
  }
  backend.disposeData(of.dataId);
  return sum;
}

function jobOf({ backend: any, attrs }: KernelArguments, x: TensorInfo) {
  const backend = any as HeapBackend;
  const { over, epsilon, slope } = attrs as unknown as NormLeakyAttributes;
  const { groups, pixels, channels } = layoutOf(x, over);
  const pool = poolOf(backend);
  if (!pool || channels % 4 !== 0 || slope < 0 || slope > 1) return undefined;
  const parts = Math.max(1, Math.min(PARTS, Math.floor(pixels / PART)));
  const run = (job: "norm" | "normGradient", tensors: readonly (TensorInfo | undefined)[]) => {
    const sums = pool.allocate(groups * parts * channels * SUMS);
    const pointers = tensors.map((info) => (info ? backend.getMemoryOffset(info.dataId) : 0));
    const words = [...pointers, pixels, channels, parts, sums.at];
    const more = { floats: [epsilon, slope], scratchBytes: SCRATCH };
    pool.run(`${job}Sums`, groups * parts, words, more);
    pool.run(`${job}End`, groups, words, more);
    pool.run(job, groups * parts, words, more);
    sums.free();
  };
  return { backend, groups, channels, run };
}

/** Room for the sums of four channels. */
const SCRATCH = 64;
