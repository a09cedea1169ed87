/** A step of Adam, in place: as many variables in one dispatch as its shader can be bound to. */
import type { Variable } from "@tensorflow/tfjs-core";
import { product } from "../../../../base/bytes/index.ts";
import type { AdamStep, AdamVariable, Tf } from "../../backend.ts";
import { dispatch, type GpuBackend } from "../of-backend.ts";
import { spread } from "./tile.ts";

/** Threads of a workgroup. */
const THREADS = 64;

/** Of one variable: weights, gradient, first, second. */
const BUFFERS = 4;

/** The session's step of Adam. */
export function adamInPlace(tf: Tf): AdamStep {
  return (variables, { beta1, beta2, scale, size, epsilon }) => {
    const backend = tf.backend() as unknown as GpuBackend;
    const together = Math.floor(backend.device.limits.maxStorageBuffersPerShaderStage / BUFFERS);
    const floats = new Uint32Array(Float32Array.of(beta1, beta2, scale, size, epsilon).buffer);
    for (let from = 0; from < variables.length; from += together) {
      const group = variables.slice(from, from + together);
      for (const each of changed(group)) makeOwn(tf, backend, each);
      const lengths = group.map(({ weights }) => product(weights.shape));
      let end = 0;
      const ends = lengths.map((length) => (end += Math.ceil(length / THREADS)));
      const [x, z] = spread(end);
      dispatch(
        backend,
        { label: "adam", code: shader(group.length) },
        group.flatMap(({ weights, gradient, first, second }) => [weights, gradient, first, second]),
        Uint32Array.of(...floats, ...lengths, ...ends),
        [x, 1, z],
        { passing: true },
      );
      for (const { dataId } of changed(group)) backend.tensorMap.get(dataId).values = null; // what was read of it before
    }
  };
}

function changed(group: readonly AdamVariable[]): Variable[] {
  return group.flatMap(({ weights, first, second }) => [weights, first, second]);
}

/** A tensor that shares the memory must not change with it. */
function makeOwn(tf: Tf, backend: GpuBackend, variable: Variable): void {
  if (backend.refCount(variable.dataId) > 1) tf.tidy(() => variable.assign(tf.mul(variable, 1)));
}

/** @param count variables; how many workgroups each has is in the uniform, where they end */
function shader(count: number): string {
  const all = Array.from({ length: count }, (_, n) => n);
  const names = all.flatMap((n) => [`weights${n}`, `gradient${n}`, `first${n}`, `second${n}`]);
  return `
struct How { beta1: f32, beta2: f32, scale: f32, size: f32, epsilon: f32, ${[...all.map((n) => `length${n}: u32`), ...all.map((n) => `end${n}: u32`)].join(", ")} }
${names.map((name, n) => `@group(0) @binding(${n}) var<storage, ${n % BUFFERS === 1 ? "read" : "read_write"}> ${name}: array<f32>;`).join("\n")}
@group(0) @binding(${names.length}) var<uniform> how: How;
${all
  .map(
    (n) => `fn update${n}(i: u32) {
  if (i >= how.length${n}) { return; }
  let g = gradient${n}[i] * how.scale;
  let m = how.beta1 * first${n}[i] + (1 - how.beta1) * g;
  let v = how.beta2 * second${n}[i] + (1 - how.beta2) * g * g;
  first${n}[i] = m;
  second${n}[i] = v;
  weights${n}[i] = weights${n}[i] - how.size * m / (sqrt(v) + how.epsilon);
}`,
  )
  .join("\n")}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  let group = id.x + id.z * groups.x;
  ${all
    .map((n) => {
      const start = n === 0 ? "0u" : `how.end${n - 1}`;
      return `if (group < how.end${n}) { update${n}((group - ${start}) * ${THREADS} + thread); return; }`;
    })
    .join("\n  ")}
}`;
}
