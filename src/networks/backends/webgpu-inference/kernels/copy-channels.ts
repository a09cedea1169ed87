import type { Job } from "../../webgpu/kernels/job.ts";
import { spread } from "../../webgpu/kernels/tile.ts";

/** Some channels of one image to some of another of the same pixels. */
export interface ChannelCopy {
  /** Of all samples. */
  readonly pixels: number;
  /** Channels that are copied. */
  readonly count: number;
  /** Channels of each image, and the first of those meant. */
  readonly from: { readonly channels: number; readonly first: number };
  readonly to: { readonly channels: number; readonly first: number };
}

/** Bound to both. */
export function copyJob({ pixels, count, from, to }: ChannelCopy): Job {
  const all = [count, from.channels, from.first, to.channels, to.first];
  const four = all.every((n) => n % 4 === 0);
  const wide = four ? all.map((n) => n / 4) : all;
  const length = pixels * wide[0]!;
  const type = four ? "vec4f" : "f32";
  const [x, z] = spread(Math.ceil(length / 64));
  const code = `
struct Sizes { length: u32, count: u32, ins: u32, firstIn: u32, outs: u32, firstOut: u32 }
@group(0) @binding(0) var<storage, read> x: array<${type}>;
@group(0) @binding(1) var<storage, read_write> y: array<${type}>;
@group(0) @binding(2) var<uniform> sizes: Sizes;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let n = id.x + id.z * groups.x * 64;
  if (n >= sizes.length) { return; }
  let p = n / sizes.count;
  let c = n % sizes.count;
  y[p * sizes.outs + sizes.firstOut + c] = x[p * sizes.ins + sizes.firstIn + c];
}`;
  return { shader: { label: "copy", code }, numbers: [length, ...wide, 0, 0], groups: [x, 1, z] };
}
