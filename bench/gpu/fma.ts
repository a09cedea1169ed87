/** Chains of multiply-adds in one loop: enough in flight that none waits for the one before. */
const NAMES = ["a", "b", "c", "d", "e", "f", "g", "h"];

/** Of vectors, in one turn of the loop. */
export const FMA_LOOP = NAMES.length;
/** Numbers in a vector. */
export const FMA_LANES = 4;

/** A shader that does nothing but multiply-adds in registers, 256 threads a group. */
export function fmaShader(type: "f32" | "f16", loops: number): string {
  const starts = NAMES.map(
    (name, n) => `var ${name} = ${n === 0 ? `V(${type}(id.x & 7u))` : `${NAMES[n - 1]} + m`};`,
  );
  return `${type === "f16" ? "enable f16;" : ""}
alias V = vec4<${type}>;
@group(0) @binding(0) var<storage, read_write> out: array<V>;
@compute @workgroup_size(256) fn main(@builtin(global_invocation_id) id: vec3u) {
  let m = V(${type}(f32(id.x) * 1e-9 + 0.999));
  ${starts.join(" ")}
  for (var i = 0; i < ${loops}; i++) {
    ${NAMES.map((name) => `${name} = fma(${name}, m, m);`).join(" ")}
  }
  out[id.x] = ${NAMES.join(" + ")};
}`;
}
