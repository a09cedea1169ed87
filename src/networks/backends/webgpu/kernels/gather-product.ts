/**
 * A convolution as a product of matrices whose left side is never made (implicit GEMM): a row for each pixel of the result, a column for each of its channels,
 * and a sum over taps and channels of the source. Forward, pixels are taken `stride` apart; backward, for the gradient of the input, dy is read as if zeros lay between its pixels.
 */
import type { ConvGeometry } from "../../tfjs/conv-geometry.ts";
import type { TensorInfo } from "../../tfjs/register.ts";
import { dispatch, type GpuBackend, isSoftware } from "../of-backend.ts";
import type { Job } from "./job.ts";
import { lines, spread, type Tile, threadsOf, tileFor } from "./tile.ts";

/** What is read, and what is written. Two of either lie together as if their channels were joined. */
export interface GatherProduct {
  /** `backward`: `geometry` is that of the forward convolution, sources are dy, results the gradient of its input. */
  readonly way: "forward" | "backward";
  readonly geometry: ConvGeometry;
  readonly sources: readonly TensorInfo[];
  /** Forward [taps, in, out] as it is; backward [taps, out, in], see {@link turnedFilter}. */
  readonly filter: TensorInfo;
  readonly results: readonly TensorInfo[];
}

/** Adds the product to the backend's commands. */
export function gatherProduct(backend: GpuBackend, given: GatherProduct): void {
  const { way, geometry, sources, filter, results } = given;
  const { shader, numbers, groups } = gatherJob({
    way,
    geometry,
    sources: sources.map(channelsOf),
    results: results.map(channelsOf),
    software: isSoftware(backend),
  });
  dispatch(backend, shader, [...sources, filter, ...results], numbers, groups);
}

/** What decides the text of the shader and its numbers. */
export interface GatherOptions {
  readonly way: "forward" | "backward";
  readonly geometry: ConvGeometry;
  /** Channels of each source. */
  readonly sources: readonly number[];
  /** Channels of each result. */
  readonly results: readonly number[];
  readonly software: boolean;
  readonly finish?: Finish;
}

/** What inference does besides, in the same pass. */
export interface Finish {
  /** Products are multiplied by a number for each channel, bound behind the filter. */
  readonly scale?: boolean;
  /** A number for each channel is added, bound behind those. */
  readonly bias?: boolean;
  /** WGSL of a function of `v`, which is `T` (f32 or vec4f), and of what it calls. */
  readonly activation?: { text(T: string): string; functions(T: string): string };
  /** The filter is stored in half precision, two numbers a word. */
  readonly half?: boolean;
  /** Channels of the result are those of 2 × 2, in 3-D 2 × 2 × 2, pixels for each of the source: a transposed convolution of 2 a side. The number of those axes. */
  readonly doubled?: 2 | 3;
}

/** Shader, numbers and workgroups of a product. Bound to: sources, filter, scale and bias where there are any, results. */
export function gatherJob({ way, geometry: g, sources, results, software, finish = {} }: GatherOptions): Job {
  const forward = way === "forward";
  const [from, to] = forward ? [g.input, g.output] : [g.output, g.input];
  const ins = forward ? g.inChannels : g.outChannels;
  const outs = forward ? g.outChannels : g.inChannels;
  const rows = g.samples * to[0] * to[1] * to[2];
  const first = sources[0]!;
  const firstOut = results[0]!;
  const tile = tileFor(rows, outs, software);
  const code = shader({
    way,
    geometry: g,
    tile,
    sources: sources.length,
    results: results.length,
    fours: ins % 4 === 0 && first % 4 === 0,
    outFours: outs % 4 === 0 && firstOut % 4 === 0,
    finish,
  });
  const taps = g.filter[0] * g.filter[1] * g.filter[2];
  const numbers = [
    ...[...from, g.samples],
    ...[...to, rows],
    ...[...g.before, ins],
    ...[first, outs, firstOut, taps * ins],
  ];
  const [x, z] = spread(Math.ceil(rows / tile.rows));
  return {
    shader: { label: `convolution ${way}`, code },
    numbers: Uint32Array.from(numbers, (n) => n >>> 0),
    groups: [x, Math.ceil(outs / tile.columns), z],
  };
}

function channelsOf({ shape }: TensorInfo): number {
  return shape[shape.length - 1]!;
}

interface Variant {
  readonly way: "forward" | "backward";
  readonly geometry: ConvGeometry;
  readonly tile: Tile;
  readonly sources: number;
  readonly results: number;
  /** Channels of the sources come in fours. */
  readonly fours: boolean;
  /** Those of the results do. */
  readonly outFours: boolean;
  readonly finish: Finish;
}

function shader(variant: Variant): string {
  const { way, geometry: g, tile, sources, results, fours, outFours, finish } = variant;
  const threads = threadsOf(tile);
  const { rows, columns, depth, threadRows, threadColumns } = tile;
  const [depth4, columns4, own4] = [depth / 4, columns / 4, threadColumns / 4];
  const across = columns / threadColumns;
  const loadsA = (rows * depth4) / threads;
  const loadsB = (depth * columns4) / threads;
  const from = fours ? "vec4f" : "f32";
  const to = outFours ? "vec4f" : "f32";
  const triple = (values: readonly number[]) => `vec3i(${values.join(", ")})`;
  const names = ["a", "b"].slice(0, sources);
  const written = ["y", "z"].slice(0, results);
  const vector = g.stride.some((s) => s > 1);
  // Where in the source a tap of a row lies, and whether it does.
  const place =
    way === "forward"
      ? `let s = at + tap * ${triple(g.dilation)}; let there = all(s >= vec3i(0)) && all(s < sizes.source);`
      : vector
        ? `let n = at - tap * ${triple(g.dilation)}; let s = n / ${triple(g.stride)};
           let there = all(n >= vec3i(0)) && all(s * ${triple(g.stride)} == n) && all(s < sizes.source);`
        : `let s = at - tap * ${triple(g.dilation)}; let there = all(s >= vec3i(0)) && all(s < sizes.source);`;
  const read = (channel: string) => {
    const one = (name: string, channels: string, c: string) =>
      fours ? `${name}[(pixel * ${channels} + ${c}) / 4]` : `${name}[pixel * ${channels} + ${c}]`;
    if (sources === 1) return `value = ${one("a", "sizes.ins", channel)};`;
    return `if (${channel} < sizes.first) { value = ${one("a", "sizes.first", channel)}; }
      else { value = ${one("b", "(sizes.ins - sizes.first)", `(${channel} - sizes.first)`)}; }`;
  };
  const write = (n: string, value: string) => {
    const one = (name: string, channels: string, c: string) =>
      outFours
        ? `${name}[(row * ${channels} + ${c}) / 4] = ${value};`
        : `${name}[row * ${channels} + ${c}] = ${value};`;
    if (finish.doubled) return `y[doubledAt(row, ${n})${outFours ? " / 4" : ""}] = ${value};`;
    if (results === 1) return one("y", "sizes.outs", n);
    return `if (${n} < sizes.firstOut) { ${one("y", "sizes.firstOut", n)} }
      else { ${one("z", "(sizes.outs - sizes.firstOut)", `(${n} - sizes.firstOut)`)} }`;
  };
  const stored = finish.half ? (outFours ? "vec2u" : "u32") : to;
  // One value of the filter, or four.
  const weight = (at: string) => {
    if (!finish.half) return outFours ? `filter_[(${at}) / 4]` : `filter_[${at}]`;
    return outFours ? `four(filter_[(${at}) / 4])` : `unpack2x16float(filter_[(${at}) / 2])[(${at}) % 2]`;
  };
  const finished = (sum: string, n: string) =>
    finish.scale || finish.bias || finish.activation ? `finish(${sum}, ${n})` : sum;
  let binding = 0;
  const bind = (access: string, name: string, type: string) =>
    `@group(0) @binding(${binding++}) var<storage, ${access}> ${name}: array<${type}>;`;
  return `
struct Sizes { source: vec3i, samples: i32, made: vec3i, rows: i32, before: vec3i, ins: i32, first: i32, outs: i32, firstOut: i32, depth: i32 }
${names.map((name) => bind("read", name, from)).join("\n")}
${bind("read", "filter_", stored)}
${finish.scale ? bind("read", "scale", to) : ""}
${finish.bias ? bind("read", "bias", to) : ""}
${written.map((name) => bind("read_write", name, to)).join("\n")}
@group(0) @binding(${binding}) var<uniform> sizes: Sizes;
var<workgroup> left: array<vec4f, ${rows * depth4}>;
var<workgroup> right: array<vec4f, ${depth * columns4}>;

/** Four values of the sum's axis, beginning at k, of the row at this place. */
fn gather(base: i32, at: vec3i, k: i32) -> vec4f {
  ${
    fours
      ? `if (base < 0 || k >= sizes.depth) { return vec4f(0); }
  let t = k / sizes.ins;
  let c = k - t * sizes.ins;
  let tap = ${tapOf(g.filter, "t")};
  ${place}
  if (!there) { return vec4f(0); }
  let pixel = base + (s.x * sizes.source.y + s.y) * sizes.source.z + s.z;
  var value: vec4f;
  ${read("c")}
  return value;`
      : `var value = vec4f(0);
  for (var i = 0; i < 4; i++) { value[i] = single(base, at, k + i); }
  return value;`
  }
}
${
  fours
    ? ""
    : `fn single(base: i32, at: vec3i, k: i32) -> f32 {
  if (base < 0 || k >= sizes.depth) { return 0; }
  let t = k / sizes.ins;
  let c = k - t * sizes.ins;
  let tap = ${tapOf(g.filter, "t")};
  ${place}
  if (!there) { return 0; }
  let pixel = base + (s.x * sizes.source.y + s.y) * sizes.source.z + s.z;
  var value: f32;
  ${read("c")}
  return value;
}`
}
fn weights(k: i32, n: i32) -> vec4f {
  if (k >= sizes.depth) { return vec4f(0); }
  ${
    outFours
      ? `if (n >= sizes.outs) { return vec4f(0); } return ${weight("k * sizes.outs + n")};`
      : `var value = vec4f(0);
  for (var i = 0; i < 4; i++) { if (n + i < sizes.outs) { value[i] = ${weight("k * sizes.outs + n + i")}; } }
  return value;`
  }
}
${finishing(variant, to)}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread_: u32) {
  let thread = i32(thread_);
  let row0 = i32(group.x + group.z * groups.x) * ${rows};
  let column0 = i32(group.y) * ${columns};
  let plane = sizes.made.y * sizes.made.z;
  let loadK = (thread % ${depth4}) * 4;
  let loadRow = thread / ${depth4};
  ${lines(
    loadsA,
    (i) => `var base${i} = -1; var at${i} = vec3i(0);
  {
    let row = row0 + loadRow + ${i * (threads / depth4)};
    if (row < sizes.rows) {
      let sample = row / (sizes.made.x * plane);
      var rest = row - sample * sizes.made.x * plane;
      let d = rest / plane; rest = rest - d * plane;
      let h = rest / sizes.made.z;
      let place = vec3i(d, h, rest - h * sizes.made.z);
      base${i} = sample * sizes.source.x * sizes.source.y * sizes.source.z;
      at${i} = ${way === "forward" ? `place * ${triple(g.stride)} - sizes.before` : "place + sizes.before"};
    }
  }`,
  )}
  let loadColumn = (thread % ${columns4}) * 4;
  let loadDepth = thread / ${columns4};
  let ownColumn = thread % ${across};
  let ownRow = (thread / ${across}) * ${threadRows};
  ${lines(threadRows, (i) => lines(own4, (j) => `var sum${i}_${j} = vec4f(0);`))}
  for (var k0 = 0; k0 < sizes.depth; k0 += ${depth}) {
    ${lines(
      Math.max(1, loadsA),
      (i) =>
        `${guard(loadsA, `loadRow + ${Math.round(i * (threads / depth4))} < ${rows}`)} left[(loadRow + ${i * (threads / depth4)}) * ${depth4} + loadK / 4] = gather(base${i}, at${i}, k0 + loadK);`,
    )}
    ${lines(
      Math.max(1, Math.ceil(loadsB)),
      (i) =>
        `${guard(loadsB, `loadDepth + ${i * (threads / columns4)} < ${depth}`)}{ right[(loadDepth + ${i * (threads / columns4)}) * ${columns4} + loadColumn / 4] = weights(k0 + loadDepth + ${i * (threads / columns4)}, column0 + loadColumn); }`,
    )}
    workgroupBarrier();
    for (var k = 0; k < ${depth4}; k++) {
      ${lines(4, (q) => lines(own4, (j) => `let w${q}_${j} = right[(k * 4 + ${q}) * ${columns4} + ownColumn + ${j * across}];`))}
      ${lines(
        threadRows,
        (i) => `{ let v = left[(ownRow + ${i}) * ${depth4} + k];
        ${lines(own4, (j) => `sum${i}_${j} += ${[0, 1, 2, 3].map((q) => `v[${q}] * w${q}_${j}`).join(" + ")};`)} }`,
      )}
    }
    workgroupBarrier();
  }
  ${lines(
    threadRows,
    (i) => `{ let row = row0 + ownRow + ${i};
    if (row < sizes.rows) {
      ${lines(own4, (j) => {
        const n = `(column0 + (ownColumn + ${j * across}) * 4)`;
        if (outFours) return `if (${n} < sizes.outs) { ${write(n, finished(`sum${i}_${j}`, n))} }`;
        return lines(
          4,
          (q) =>
            `if (${n} + ${q} < sizes.outs) { ${write(`(${n} + ${q})`, finished(`sum${i}_${j}[${q}]`, `(${n} + ${q})`))} }`,
        );
      })}
    } }`,
  )}
}`;
}

/** What {@link Finish} asks for, as functions. */
function finishing({ outFours, finish }: Variant, type: string): string {
  const { scale, bias, activation, half, doubled } = finish;
  const parts: string[] = [];
  if (half && outFours)
    parts.push(`fn four(w: vec2u) -> vec4f { return vec4f(unpack2x16float(w.x), unpack2x16float(w.y)); }`);
  if (scale || bias || activation)
    parts.push(`${activation?.functions(type) ?? ""}
fn finish(sum: ${type}, n: i32) -> ${type} {
  let c = ${doubled ? "(n % sizes.firstOut)" : "n"}${outFours ? " / 4" : ""};
  let v = sum${scale ? " * scale[c]" : ""}${bias ? " + bias[c]" : ""};
  return ${activation?.text(type) ?? "v"};
}`);
  if (doubled) {
    const deep = doubled === 3 ? 2 : 1;
    parts.push(`/** Where column n of a row lies in the doubled image. */
fn doubledAt(row: i32, n: i32) -> i32 {
  let t = n / sizes.firstOut;
  let tap = ${tapOf([deep, 2, 2], "t")};
  let w = row % sizes.made.z;
  let h = (row / sizes.made.z) % sizes.made.y;
  let plane = row / (sizes.made.z * sizes.made.y);
  let line = ((plane * ${deep} + tap.x) * sizes.made.y + h) * 2 + tap.y;
  return ((line * sizes.made.z + w) * 2 + tap.z) * sizes.firstOut + n - t * sizes.firstOut;
}`);
  }
  return parts.join("\n");
}

/** Nothing where every thread has a whole number of loads. */
function guard(loads: number, condition: string): string {
  return Number.isInteger(loads) ? "" : `if (${condition}) `;
}

/** The tap of a number, depth, height, width: constants where the filter has one tap along an axis. */
export function tapOf([, fh, fw]: readonly [number, number, number], t: string): string {
  if (fh === 1 && fw === 1) return `vec3i(${t}, 0, 0)`;
  return `vec3i(${t} / ${fh * fw}, (${t} / ${fw}) % ${fh}, ${t} % ${fw})`;
}
