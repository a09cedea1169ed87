/** Doubling of H and W, in 3-D of D too, by repeating pixels, and its gradient. */
import { product } from "../../../../base/bytes/index.ts";
import type { Tf } from "../../backend.ts";
import { DOUBLE_NEAREST, DOUBLE_NEAREST_GRAD } from "../../tfjs/own-kernels.ts";
import { replaceKernel, type TensorInfo } from "../../tfjs/register.ts";
import { dispatch, type GpuBackend } from "../of-backend.ts";
import type { Job } from "./job.ts";
import { spread } from "./tile.ts";

export function registerDoubleNearest(tf: Tf, backendName: string): void {
  replaceKernel(tf, backendName, DOUBLE_NEAREST, ({ inputs, backend }) =>
    run(backend as GpuBackend, inputs.x!, 2),
  );
  replaceKernel(tf, backendName, DOUBLE_NEAREST_GRAD, ({ inputs, backend }) =>
    run(backend as GpuBackend, inputs.dy!, 1 / 2),
  );
}

/** @param factor 2 to double, 1/2 to add up the pixels that one became */
function run(backend: GpuBackend, from: TensorInfo, factor: number): TensorInfo {
  const { shape } = from;
  const scaled = shape.map((size, axis) => (axis === 0 || axis === shape.length - 1 ? size : size * factor));
  const to = backend.makeTensorInfo(scaled, "float32");
  const { shader, numbers, groups } = doubleJob(shape, scaled, factor === 2);
  dispatch(backend, shader, [from, to], numbers, groups);
  return to;
}

/** From an image to one of twice its size, or back. Shapes are [N, (D,) H, W, C]. Bound to both. */
export function doubleJob(shape: readonly number[], scaled: readonly number[], forward: boolean): Job {
  const small = forward ? shape : scaled;
  const [height, width, channels] = small.slice(-3) as [number, number, number];
  const depth = shape.length === 5 ? small[1]! : 1;
  const four = channels % 4 === 0;
  const length = product(scaled) / (four ? 4 : 1);
  const [x, z] = spread(Math.ceil(length / 64));
  const numbers = [depth, height, width, four ? channels / 4 : channels, length, 0, 0, 0];
  return { shader: shaderOf(four, forward, shape.length === 5), numbers, groups: [x, 1, z] };
}

function shaderOf(four: boolean, forward: boolean, deep: boolean) {
  const type = four ? "vec4f" : "f32";
  // Of the larger image; a plane has twice the rows and columns.
  const at = (d: string, h: string, w: string) =>
    `(((${d} * sizes.height * 2 + ${h}) * sizes.width * 2 + ${w}) * sizes.channels + c)`;
  const corners = (deep ? [0, 1] : [0]).flatMap((d) => [0, 1].flatMap((h) => [0, 1].map((w) => [d, h, w])));
  return {
    label: forward ? "double" : "double: gradient",
    code: `
struct Sizes { depth: u32, height: u32, width: u32, channels: u32, length: u32 }
@group(0) @binding(0) var<storage, read> x: array<${type}>;
@group(0) @binding(1) var<storage, read_write> y: array<${type}>;
@group(0) @binding(2) var<uniform> sizes: Sizes;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let n = id.x + id.z * groups.x * 64;
  if (n >= sizes.length) { return; }
  let c = n % sizes.channels;
  var rest = n / sizes.channels;
  ${
    forward
      ? `let w = rest % (sizes.width * 2); rest /= sizes.width * 2;
  let h = rest % (sizes.height * 2); let plane = rest / (sizes.height * 2);
  let source = ${deep ? "(plane / (sizes.depth * 2)) * sizes.depth + (plane % (sizes.depth * 2)) / 2" : "plane"};
  y[n] = x[((source * sizes.height + h / 2) * sizes.width + w / 2) * sizes.channels + c];`
      : `let w = rest % sizes.width; rest /= sizes.width;
  let h = rest % sizes.height; let plane = rest / sizes.height;
  let first = ${deep ? "(plane / sizes.depth) * sizes.depth * 2 + (plane % sizes.depth) * 2" : "plane"};
  y[n] = ${corners.map(([d, i, j]) => `x[${at(`(first + ${d})`, `(h * 2 + ${i})`, `(w * 2 + ${j})`)}]`).join("\n    + ")};`
  }
}`,
  };
}
