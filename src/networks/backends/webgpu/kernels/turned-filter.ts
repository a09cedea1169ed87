import { product } from "../../../../base/bytes/index.ts";
import type { TensorInfo } from "../../tfjs/register.ts";
import { dispatch, type GpuBackend } from "../of-backend.ts";
import type { Job } from "./job.ts";
import { spread } from "./tile.ts";

const CODE = `
struct Sizes { length: u32, ins: u32, outs: u32 }
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let n = id.x + id.z * groups.x * 64;
  if (n >= sizes.length) { return; }
  let c = n % sizes.ins;
  let rest = n / sizes.ins;
  let k = rest % sizes.outs;
  y[n] = x[((rest / sizes.outs) * sizes.ins + c) * sizes.outs + k];
}`;

/** A filter [..., in, out] as [..., out, in]: what the gradient of the input multiplies dy by. The caller frees it. */
export function turnedFilter(backend: GpuBackend, filter: TensorInfo): TensorInfo {
  const [ins, outs] = filter.shape.slice(-2) as [number, number];
  const turned = backend.makeTensorInfo([...filter.shape.slice(0, -2), outs, ins], "float32");
  const { shader, numbers, groups } = turnJob(product(filter.shape.slice(0, -2)), ins, outs);
  dispatch(backend, shader, [filter, turned], numbers, groups);
  return turned;
}

/** [count, ins, outs] as [count, outs, ins]. */
export function turnJob(count: number, ins: number, outs: number): Job {
  const length = count * ins * outs;
  const [x, z] = spread(Math.ceil(length / 64));
  return { shader: { label: "turned", code: CODE }, numbers: [length, ins, outs, 0], groups: [x, 1, z] };
}
