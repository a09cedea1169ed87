/** One step of Adam for one variable in one pass. */
import { product } from "../../../../base/bytes/index.ts";
import type { AdamStep, Tf } from "../../backend.ts";
import { ADAM } from "../../tfjs/own-kernels.ts";
import { replaceKernel, type TensorInfo } from "../../tfjs/register.ts";
import { dispatch, type GpuBackend } from "../of-backend.ts";
import { spread } from "./tile.ts";

const NAMES = ["weights", "gradient", "first", "second", "newWeights", "newFirst", "newSecond"];

const SHADER = {
  label: "adam",
  code: `
struct How { length: u32, beta1: f32, beta2: f32, scale: f32, size: f32, epsilon: f32 }
${NAMES.map((name, n) => `@group(0) @binding(${n}) var<storage, ${n < 4 ? "read" : "read_write"}> ${name}: array<f32>;`).join("\n")}
@group(0) @binding(7) var<uniform> how: How;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let n = id.x + id.z * groups.x * 64;
  if (n >= how.length) { return; }
  let g = gradient[n] * how.scale;
  let m = how.beta1 * first[n] + (1 - how.beta1) * g;
  let v = how.beta2 * second[n] + (1 - how.beta2) * g * g;
  newFirst[n] = m;
  newSecond[n] = v;
  newWeights[n] = weights[n] - how.size * m / (sqrt(v) + how.epsilon);
}`,
};

export function registerAdam(tf: Tf, backendName: string): void {
  replaceKernel(tf, backendName, ADAM, ({ inputs, backend: any, attrs }): TensorInfo[] => {
    const backend = any as GpuBackend;
    const { beta1, beta2, scale, size, epsilon } = attrs as unknown as Parameters<AdamStep>[1];
    const { weights, gradient, first, second } = inputs as Record<string, TensorInfo>;
    const length = product(weights!.shape);
    const outputs = [0, 1, 2].map(() => backend.makeTensorInfo(weights!.shape, "float32"));
    const floats = new Uint32Array(Float32Array.of(beta1, beta2, scale, size, epsilon).buffer);
    const [x, z] = spread(Math.ceil(length / 64));
    dispatch(
      backend,
      SHADER,
      [weights!, gradient!, first!, second!, ...outputs],
      Uint32Array.of(length, ...floats, 0, 0),
      [x, 1, z],
      { passing: true },
    );
    return outputs;
  });
}
