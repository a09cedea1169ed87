/**
 * The gradient of a convolution's filter: for each tap and pair of channels a sum over all pixels. There are few sums and many pixels, so several workgroups share the pixels of one, and
 * what they find is added up in a fixed order: the same bits each time.
 */
import type { ConvGeometry } from "../../tfjs/conv-geometry.ts";
import type { TensorInfo } from "../../tfjs/register.ts";
import { dispatch, type GpuBackend, isSoftware } from "../of-backend.ts";
import { tapOf } from "./gather-product.ts";
import { lines, spread, type Tile, threadsOf, tileFor } from "./tile.ts";

/** Workgroups that fill a large card. */
const ENOUGH = 512;
/** Pixels of a share, at least. */
const SHARE = 512;
/** Values of all shares together, at most: 64 MB. */
const MOST = 2 ** 24;

/**
 * @param sources the input, or two that lie together as if their channels were joined
 * @param result [taps, in, out]
 */
export function filterGradient(
  backend: GpuBackend,
  g: ConvGeometry,
  sources: readonly TensorInfo[],
  dy: TensorInfo,
  result: TensorInfo,
): void {
  const taps = g.filter[0] * g.filter[1] * g.filter[2];
  const rows = taps * g.inChannels;
  const columns = g.outChannels;
  const pixels = g.samples * g.output[0] * g.output[1] * g.output[2];
  const first = sources[0]!.shape[sources[0]!.shape.length - 1]!;
  const tile = tileFor(rows, columns, isSoftware(backend));
  const tiles = Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns);
  const shares = Math.max(
    1,
    Math.min(
      Math.ceil(ENOUGH / tiles),
      Math.floor(pixels / SHARE),
      Math.floor(MOST / (rows * columns)),
      65535,
    ),
  );
  const share = Math.ceil(pixels / shares / tile.depth) * tile.depth;
  const code = shader({
    geometry: g,
    tile,
    sources: sources.length,
    fours: g.inChannels % 4 === 0 && first % 4 === 0,
    outFours: columns % 4 === 0,
  });
  const numbers = [
    ...[...g.input, g.samples],
    ...[...g.output, pixels],
    ...[...g.before, g.inChannels],
    ...[first, columns, rows, share],
  ];
  const sums = shares === 1 ? result : backend.makeTensorInfo([shares, rows, columns], "float32");
  dispatch(
    backend,
    { label: "filter gradient", code },
    [...sources, dy, sums],
    Uint32Array.from(numbers, (n) => n >>> 0),
    [Math.ceil(rows / tile.rows), Math.ceil(columns / tile.columns), shares],
  );
  if (shares === 1) return;
  const [x, z] = spread(Math.ceil((rows * columns) / 64));
  dispatch(backend, SUM, [sums, result], [rows * columns, shares, 0, 0], [x, 1, z]);
  backend.disposeData(sums.dataId);
}

const SUM = {
  label: "sum of shares",
  code: `
struct Sizes { length: u32, shares: u32 }
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let n = id.x + id.z * groups.x * 64;
  if (n >= sizes.length) { return; }
  var sum = 0.0;
  for (var s = 0u; s < sizes.shares; s++) { sum += x[s * sizes.length + n]; }
  y[n] = sum;
}`,
};

interface Variant {
  readonly geometry: ConvGeometry;
  readonly tile: Tile;
  readonly sources: number;
  /** Channels of the sources come in fours. */
  readonly fours: boolean;
  /** Those of dy do. */
  readonly outFours: boolean;
}

function shader({ geometry: g, tile, sources, fours, outFours }: Variant): string {
  const threads = threadsOf(tile);
  const { rows, columns, depth, threadRows, threadColumns } = tile;
  const [rows4, columns4, own4, ownRows4] = [rows / 4, columns / 4, threadColumns / 4, threadRows / 4];
  const across = columns / threadColumns;
  const down = rows / threadRows;
  const loadsA = (depth * rows4) / threads;
  const loadsB = (depth * columns4) / threads;
  const [stepA, stepB] = [threads / rows4, threads / columns4];
  const triple = (values: readonly number[]) => `vec3i(${values.join(", ")})`;
  const names = ["a", "b"].slice(0, sources);
  const from = fours ? "vec4f" : "f32";
  const to = outFours ? "vec4f" : "f32";
  let binding = 0;
  const bind = (access: string, name: string, type: string) =>
    `@group(0) @binding(${binding++}) var<storage, ${access}> ${name}: array<${type}>;`;
  const one = (name: string, channels: string, c: string) =>
    fours ? `${name}[(at * ${channels} + ${c}) / 4]` : `${name}[at * ${channels} + ${c}]`;
  const read =
    sources === 1
      ? `return ${one("a", "sizes.ins", "c")};`
      : `if (c < sizes.first) { return ${one("a", "sizes.first", "c")}; }
  return ${one("b", "(sizes.ins - sizes.first)", "(c - sizes.first)")};`;
  const nothing = fours ? "vec4f(0)" : "0.0";
  return `
struct Sizes { source: vec3i, samples: i32, made: vec3i, pixels: i32, before: vec3i, ins: i32, first: i32, outs: i32, rows: i32, share: i32 }
${names.map((name) => bind("read", name, from)).join("\n")}
${bind("read", "dy", to)}
${bind("read_write", "sums", to)}
@group(0) @binding(${binding}) var<uniform> sizes: Sizes;
var<workgroup> left: array<vec4f, ${depth * rows4}>;
var<workgroup> right: array<vec4f, ${depth * columns4}>;

/** The source's value${fours ? "s" : ""} of a row, tap and channel, where the result's pixel is. */
fn gather(row: i32, sample: i32, place: vec3i) -> ${fours ? "vec4f" : "f32"} {
  if (row >= sizes.rows) { return ${nothing}; }
  let t = row / sizes.ins;
  let c = row - t * sizes.ins;
  let tap = ${tapOf(g.filter, "t")};
  let s = place * ${triple(g.stride)} - sizes.before + tap * ${triple(g.dilation)};
  if (any(s < vec3i(0)) || any(s >= sizes.source)) { return ${nothing}; }
  let at = ((sample * sizes.source.x + s.x) * sizes.source.y + s.y) * sizes.source.z + s.z;
  ${read}
}
fn left4(pixel: i32, end: i32, row: i32) -> vec4f {
  if (pixel >= end) { return vec4f(0); }
  let plane = sizes.made.y * sizes.made.z;
  let sample = pixel / (sizes.made.x * plane);
  var rest = pixel - sample * sizes.made.x * plane;
  let d = rest / plane; rest = rest - d * plane;
  let h = rest / sizes.made.z;
  let place = vec3i(d, h, rest - h * sizes.made.z);
  ${
    fours
      ? "return gather(row, sample, place);"
      : `var value = vec4f(0);
  for (var i = 0; i < 4; i++) { value[i] = gather(row + i, sample, place); }
  return value;`
  }
}
fn right4(pixel: i32, end: i32, n: i32) -> vec4f {
  if (pixel >= end) { return vec4f(0); }
  ${
    outFours
      ? "if (n >= sizes.outs) { return vec4f(0); } return dy[(pixel * sizes.outs + n) / 4];"
      : `var value = vec4f(0);
  for (var i = 0; i < 4; i++) { if (n + i < sizes.outs) { value[i] = dy[pixel * sizes.outs + n + i]; } }
  return value;`
  }
}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread_: u32) {
  let thread = i32(thread_);
  let row0 = i32(group.x) * ${rows};
  let column0 = i32(group.y) * ${columns};
  let begin = i32(group.z) * sizes.share;
  let end = min(begin + sizes.share, sizes.pixels);
  let loadRow = thread % ${rows4};
  let loadPixelA = thread / ${rows4};
  let loadColumn = thread % ${columns4};
  let loadPixelB = thread / ${columns4};
  let ownColumn = thread % ${across};
  let ownRow = thread / ${across};
  ${lines(threadRows, (i) => lines(own4, (j) => `var sum${i}_${j} = vec4f(0);`))}
  for (var p0 = begin; p0 < end; p0 += ${depth}) {
    ${loads("left", "loadPixelA", loadsA, stepA, depth, rows4, "loadRow", (p) => `left4(p0 + ${p}, end, row0 + loadRow * 4)`)}
    ${loads("right", "loadPixelB", loadsB, stepB, depth, columns4, "loadColumn", (p) => `right4(p0 + ${p}, end, column0 + loadColumn * 4)`)}
    workgroupBarrier();
    for (var p = 0; p < ${depth}; p++) {
      ${lines(own4, (j) => `let w${j} = right[p * ${columns4} + ownColumn + ${j * across}];`)}
      ${lines(
        ownRows4,
        (i) => `{ let v = left[p * ${rows4} + ownRow + ${i * down}];
        ${lines(4, (q) => lines(own4, (j) => `sum${i * 4 + q}_${j} += v[${q}] * w${j};`))} }`,
      )}
    }
    workgroupBarrier();
  }
  let out0 = i32(group.z) * sizes.rows;
  ${lines(threadRows, (i) => {
    const row = `(row0 + (ownRow + ${Math.floor(i / 4) * down}) * 4 + ${i % 4})`;
    return `if (${row} < sizes.rows) {
      ${lines(own4, (j) => {
        const n = `(column0 + (ownColumn + ${j * across}) * 4)`;
        const at = `(out0 + ${row}) * sizes.outs + ${n}`;
        if (outFours) return `if (${n} < sizes.outs) { sums[(${at}) / 4] = sum${i}_${j}; }`;
        return lines(4, (q) => `if (${n} + ${q} < sizes.outs) { sums[${at} + ${q}] = sum${i}_${j}[${q}]; }`);
      })}
    }`;
  })}
}`;
}

/** Lines that fill shared memory, [depth][width], each thread its own places. */
function loads(
  into: string,
  first: string,
  count: number,
  step: number,
  depth: number,
  width: number,
  column: string,
  value: (pixel: string) => string,
): string {
  return lines(Math.max(1, Math.ceil(count)), (i) => {
    const p = `(${first} + ${i * step})`;
    const guard = Number.isInteger(count) ? "" : `if (${p} < ${depth}) `;
    return `${guard}{ ${into}[${p} * ${width} + ${column}] = ${value(p)}; }`;
  });
}
