/**
 * A power of 2 by which a gradient is multiplied before it is rounded to f16, so that its largest value is near that format's end and small ones are not lost: a mean over a million voxels makes
 * gradients of 10^-6, where f16 has 4 bits left. Powers of 2 lose nothing, and sums are divided by it again. Each tensor has its own, found on the card: neither is anything read back, nor does a
 * step have to be skipped and done again, as with one scale for the whole loss.
 */
import { product } from "../../../../base/bytes/index.ts";
import type { TensorInfo } from "../../tfjs/register.ts";
import { dispatch, type GpuBackend } from "../of-backend.ts";

const THREADS = 256;
/** Workgroups that look for the largest value. */
const PARTS = 256;

const largest = (last: boolean) => `
struct Sizes { length: u32 }
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;
var<workgroup> most: array<f32, ${THREADS}>;
@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) group: vec3u) {
  var found = 0.0;
  for (var n = id.x; n < sizes.length; n += groups.x * ${THREADS}) { found = max(found, abs(x[n])); }
  most[thread] = found;
  for (var half = ${THREADS / 2}u; half > 0; half /= 2) {
    workgroupBarrier();
    if (thread < half) { most[thread] = max(most[thread], most[thread + half]); }
  }
  if (thread == 0) {
    ${
      last
        ? `var power = 0;
    if (most[0] > 0 && most[0] < 3e38) { power = clamp(15 - frexp(most[0]).exp, -110, 110); }
    y[0] = ldexp(1.0, power);
    y[1] = ldexp(1.0, -power);`
        : "y[group.x] = most[0];"
    }
  }
}`;

const [OF_PARTS, OF_ALL] = [false, true].map((last) => ({
  label: "f16 scale",
  code: largest(last),
})) as unknown as readonly [{ label: string; code: string }, { label: string; code: string }];

/** [scale, 1 / scale]. The caller frees it. */
export function f16Scale(backend: GpuBackend, x: TensorInfo): TensorInfo {
  const length = product(x.shape);
  const parts = Math.min(PARTS, Math.ceil(length / THREADS));
  const found = backend.makeTensorInfo([parts], "float32");
  const scale = backend.makeTensorInfo([2], "float32");
  dispatch(backend, OF_PARTS, [x, found], [length, 0, 0, 0], [parts, 1, 1]);
  dispatch(backend, OF_ALL, [found, scale], [parts, 0, 0, 0], [1, 1, 1]);
  backend.disposeData(found.dataId);
  return scale;
}
