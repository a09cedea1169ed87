import type { Job } from "../../webgpu/kernels/job.ts";
import { spread } from "../../webgpu/kernels/tile.ts";
import { pixelsOf, type Sizes } from "../sizes.ts";

/** Over the channels of each pixel. Bound to image and result. */
export function softmaxJob(x: Sizes): Job {
  const pixels = x.samples * pixelsOf(x);
  const [across, deep] = spread(Math.ceil(pixels / 64));
  return {
    shader: { label: "softmax", code: CODE },
    numbers: [pixels, x.channels, 0, 0],
    groups: [across, 1, deep],
  };
}

const CODE = `
struct Sizes { pixels: u32, channels: u32 }
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let p = id.x + id.z * groups.x * 64;
  if (p >= sizes.pixels) { return; }
  let first = p * sizes.channels;
  var most = x[first];
  for (var c = 1u; c < sizes.channels; c++) { most = max(most, x[first + c]); }
  var sum = 0.0;
  for (var c = 0u; c < sizes.channels; c++) { sum += exp(x[first + c] - most); }
  for (var c = 0u; c < sizes.channels; c++) { y[first + c] = exp(x[first + c] - most) / sum; }
}`;
