import type { Job } from "../../webgpu/kernels/job.ts";
import { spread } from "../../webgpu/kernels/tile.ts";
import { WAVE } from "../../webgpu/kernels/waves.ts";
import type { Sizes } from "../sizes.ts";
import { pixelsOf } from "../sizes.ts";
import type { WeightRange } from "../weight-store.ts";

/** Functions of formulas. */
export type Call = "add" | "sub" | "mul" | "leaky" | "sigmoid" | "tanh" | "softplus" | "sqrt" | "sin";

/** A formula of each value of an image. `v` stands for what a product gives. */
export type Expression =
  | { readonly of: "value"; readonly name: string }
  | { readonly of: "v" }
  | { readonly of: "number"; readonly number: number }
  /** A number for each channel. */
  | { readonly of: "channel"; readonly range: WeightRange }
  | {
      readonly of: "call";
      readonly call: Call;
      readonly args: readonly Expression[];
      /** Of `leaky`, for negative values. */
      readonly slope?: number;
    };

/** Numbers for channels in a formula, each once, in order. */
export function channelRanges(expression: Expression): readonly WeightRange[] {
  if (expression.of === "channel") return [expression.range];
  if (expression.of === "call") return [...new Set(expression.args.flatMap(channelRanges))];
  return [];
}

/**
 * A formula as WGSL.
 *
 * @param T `f32` or `vec4f`
 * @param read text of what is not computed here
 */
export function written(expression: Expression, T: string, read: (leaf: Expression) => string): string {
  if (expression.of === "number") return `${T}(${floatText(expression.number)})`;
  if (expression.of !== "call") return read(expression);
  const args = expression.args.map((arg) => written(arg, T, read));
  const [a, b] = args as [string, string];
  switch (expression.call) {
    case "add":
      return `(${a} + ${b})`;
    case "sub":
      return `(${a} - ${b})`;
    case "mul":
      return `(${a} * ${b})`;
    case "leaky":
      return `leaky(${a}, ${floatText(expression.slope!)})`;
    case "sqrt":
      return `sqrt(${a})`;
    case "sin":
      return `wave(${a}, 0)`;
    default:
      return `${expression.call}_(${a})`;
  }
}

/** The functions that a formula uses. Those of WGSL may overflow (tanh). */
export function functionsFor(expression: Expression, T: string): string {
  const used = callsOf(expression);
  const bodies: Partial<Record<Call, string>> = {
    leaky: `fn leaky(x: ${T}, slope: f32) -> ${T} { return x * select(${T}(slope), ${T}(1), x > ${T}(0)); }`,
    sigmoid: `fn sigmoid_(x: ${T}) -> ${T} { return ${T}(1) / (${T}(1) + exp(-x)); }`,
    tanh: `fn tanh_(x: ${T}) -> ${T} { return ${T}(1) - ${T}(2) / (exp(2 * clamp(x, ${T}(-20), ${T}(20))) + ${T}(1)); }`,
    softplus: `fn softplus_(x: ${T}) -> ${T} { return max(x, ${T}(0)) + log(${T}(1) + exp(-abs(x))); }`,
    sin: WAVE,
  };
  return [...used].map((call) => bodies[call] ?? "").join("\n");
}

function callsOf(expression: Expression): ReadonlySet<Call> {
  if (expression.of !== "call") return new Set();
  return new Set([expression.call, ...expression.args.flatMap((arg) => [...callsOf(arg)])]);
}

/** So that it is no whole number to WGSL. */
function floatText(number: number): string {
  const text = String(Math.fround(number));
  return `${/[.e]/.test(text) ? text : `${text}.0`}f`;
}

/**
 * A formula over images. Bound to its values, its numbers for channels, the result.
 *
 * @param leaves names and sizes of its values: those of the result, or 1 along some
 */
export function eachJob(
  expression: Expression,
  leaves: readonly { readonly name: string; readonly sizes: Sizes }[],
  result: Sizes,
): Job {
  const four = result.channels % 4 === 0 && !callsOf(expression).has("sin");
  const T = four ? "vec4f" : "f32";
  const ranges = channelRanges(expression);
  const length = (result.samples * pixelsOf(result) * result.channels) / (four ? 4 : 1);
  const [x, z] = spread(Math.ceil(length / 64));
  const at = ({ samples, space, channels }: Sizes) => {
    const [whole, deep] = [String(space) === String(result.space), channels === result.channels];
    if (samples !== result.samples) return deep && pixelsOf({ space }) === 1 ? "c" : undefined;
    if (whole) return deep ? "n" : "p";
    return deep ? "(s * sizes.channels + c)" : "s";
  };
  const types: string[] = [];
  const texts = leaves.map(({ sizes }, i) => {
    const narrow = sizes.channels === 1 && result.channels !== 1;
    types.push(narrow ? "f32" : T);
    return narrow ? `${T}(x${i}[${at(sizes)}])` : `x${i}[${at(sizes)}]`;
  });
  const read = (leaf: Expression) =>
    leaf.of === "channel"
      ? `k${ranges.indexOf(leaf.range)}[c]`
      : texts[leaves.findIndex(({ name }) => leaf.of === "value" && leaf.name === name)]!;
  let binding = 0;
  const bind = (name: string, type: string, access = "read") =>
    `@group(0) @binding(${binding++}) var<storage, ${access}> ${name}: array<${type}>;`;
  const code = `
struct Sizes { length: u32, pixels: u32, channels: u32 }
${leaves.map((_, i) => bind(`x${i}`, types[i]!)).join("\n")}
${ranges.map((_, i) => bind(`k${i}`, T)).join("\n")}
${bind("y", T, "read_write")}
@group(0) @binding(${binding}) var<uniform> sizes: Sizes;
${functionsFor(expression, T)}
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let n = id.x + id.z * groups.x * 64;
  if (n >= sizes.length) { return; }
  let c = n % sizes.channels;
  let p = n / sizes.channels;
  let s = p / sizes.pixels;
  y[n] = ${written(expression, T, read)};
}`;
  const numbers = [length, pixelsOf(result), result.channels / (four ? 4 : 1), 0];
  return { shader: { label: "each", code }, numbers, groups: [x, 1, z] };
}
