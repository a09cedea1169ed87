/** Sine and cosine: WGSL promises 2^-11 only, and only between -π and π. The argument is brought to -π/4 … π/4 in two parts of π/2, and polynomials do the rest (Cephes' sinf). */
import { product } from "../../../../base/bytes/index.ts";
import type { Tf } from "../../backend.ts";
import { replaceKernel } from "../../tfjs/register.ts";
import { dispatch, type GpuBackend } from "../of-backend.ts";
import { spread } from "./tile.ts";

/** WGSL of `wave(x, 0)`, the sine, and `wave(x, 1)`, the cosine. */
export const WAVE = `
fn wave(x: f32, quarters: i32) -> f32 {
  let turns = round(x * 0.63661977236758);
  let r = fma(turns, -4.37113900018624283e-8 * -1.0, fma(turns, -1.57079637050628662, x));
  let s = r * r;
  let sine = r + r * s * (-1.6666654611e-1 + s * (8.3321608736e-3 - s * 1.9515295891e-4));
  let cosine = 1 - 0.5 * s + s * s * (4.166664568298827e-2 + s * (-1.388731625493765e-3 + s * 2.443315711809948e-5));
  let quarter = (i32(turns) + quarters) & 3;
  let value = select(sine, cosine, (quarter & 1) == 1);
  return select(value, -value, quarter >= 2);
}`;

const shader = (quarters: 0 | 1) => ({
  label: quarters ? "cosine" : "sine",
  code: `${WAVE}
struct Sizes { length: u32 }
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let n = id.x + id.z * groups.x * 64;
  if (n >= sizes.length) { return; }
  y[n] = wave(x[n], ${quarters});
}`,
});

export function registerWaves(tf: Tf, backendName: string): void {
  for (const [name, code] of [
    ["Sin", shader(0)],
    ["Cos", shader(1)],
  ] as const)
    replaceKernel(tf, backendName, name, ({ inputs, backend: any }) => {
      const backend = any as GpuBackend;
      const x = inputs.x!;
      const y = backend.makeTensorInfo(x.shape, "float32");
      const length = product(x.shape);
      const [across, deep] = spread(Math.ceil(length / 64));
      dispatch(backend, code, [x, y], [length, 0, 0, 0], [across, 1, deep]);
      return y;
    });
}
