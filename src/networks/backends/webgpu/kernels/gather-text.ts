/** The sides of a convolution's product as WGSL: see `gather-product.ts`. */
import type { ConvGeometry } from "../../tfjs/conv-geometry.ts";
import type { ProductText } from "./product-text.ts";

export interface Gather {
  readonly way: "forward" | "backward";
  readonly geometry: Pick<ConvGeometry, "filter" | "stride" | "dilation">;
  readonly sources: number;
  readonly results: number;
  /** Channels of the sources come in fours. */
  readonly fours: boolean;
  /** Those of the results do. */
  readonly outFours: boolean;
  /** The source is scaled before it is rounded, see `f16-scale.ts`. */
  readonly scaled: boolean;
  readonly finish?: Finish | undefined;
}

/** What inference does besides, in the same pass. */
export interface Finish {
  /** Products are multiplied by a number for each channel, bound behind the filter. */
  readonly factor?: boolean;
  /** A number for each channel is added, bound behind those. */
  readonly bias?: boolean;
  /** WGSL of a function of `v`, which is `T` (f32 or vec4f), and of what it calls. */
  readonly activation?: { text(T: string): string; functions(T: string): string } | undefined;
  /** The filter is stored in half precision, two numbers a word. */
  readonly half?: boolean;
  /** Channels of the result are those of 2 × 2, in 3-D 2 × 2 × 2, pixels for each of the source: a transposed convolution of 2 a side. The number of those axes. */
  readonly doubled?: 2 | 3 | undefined;
}

export function gatherText(of: Gather): ProductText {
  const { way, geometry: g, sources, results, fours, outFours, scaled, finish = {} } = of;
  const from = fours ? "vec4f" : "f32";
  const to = outFours ? "vec4f" : "f32";
  const names = ["a", "b"].slice(0, sources);
  const written = ["y", "z"].slice(0, results);
  const apart = g.stride.some((s) => s > 1);
  // Where in the source a tap of a row lies, and whether it does.
  const place =
    way === "forward"
      ? `let s = at + tap * ${triple(g.dilation)}; let there = all(s >= vec3i(0)) && all(s < sizes.source);`
      : apart
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
  const value = `if (base < 0 || k >= sizes.depth) { return ${from}(0); }
  let t = k / sizes.ins;
  let c = k - t * sizes.ins;
  let tap = ${tapOf(g.filter, "t")};
  ${place}
  if (!there) { return ${from}(0); }
  let pixel = base + (s.x * sizes.source.y + s.y) * sizes.source.z + s.z;
  var value: ${from};
  ${read("c")}
  return value;`;
  const stored = finish.half ? (outFours ? "vec2u" : "u32") : to;
  // One value of the filter, or four.
  const weight = (at: string) => {
    if (!finish.half) return outFours ? `filter_[(${at}) / 4]` : `filter_[${at}]`;
    return outFours ? `four(filter_[(${at}) / 4])` : `unpack2x16float(filter_[(${at}) / 2])[(${at}) % 2]`;
  };
  const bind = bindings();
  const declarations = `
struct Sizes { source: vec3i, samples: i32, made: vec3i, rows: i32, before: vec3i, ins: i32, first: i32, outs: i32, firstOut: i32, depth: i32 }
${names.map((name) => bind("storage, read", name, `array<${from}>`)).join("\n")}
${bind("storage, read", "filter_", `array<${stored}>`)}
${finish.factor ? bind("storage, read", "factor", `array<${to}>`) : ""}
${finish.bias ? bind("storage, read", "bias", `array<${to}>`) : ""}
${scaled ? bind("storage, read", "scale", "array<f32, 2>") : ""}
${written.map((name) => bind("storage, read_write", name, `array<${to}>`)).join("\n")}
${bind("uniform", "sizes", "Sizes")}

/** Four values of the sum's axis, beginning at k, of the row at this place. */
fn gather(base: i32, at: vec3i, k: i32) -> vec4f {
  ${
    fours
      ? value
      : `var value = vec4f(0);
  for (var i = 0; i < 4; i++) { value[i] = single(base, at, k + i); }
  return value;`
  }
}
${fours ? "" : `fn single(base: i32, at: vec3i, k: i32) -> f32 { ${value} }`}
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
${finishing(finish, outFours)}`;
  return {
    declarations,
    start: ({ rows, columns }) => `let row0 = i32(group.x + group.z * groups.x) * ${rows};
  let column0 = i32(group.y) * ${columns};
  let begin = 0;
  let end = sizes.depth;
  let plane = sizes.made.y * sizes.made.z;`,
    leftAlong: "depth",
    leftReady: (i, row) => `var base${i} = -1; var at${i} = vec3i(0);
  {
    let row = row0 + ${row};
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
    left: (i, _, k) => `gather(base${i}, at${i}, ${k})`,
    right: (k, column) => `weights(${k}, ${column})`,
    write(n, product) {
      const sum = finish.factor || finish.bias || finish.activation ? `finish(${product}, ${n})` : product;
      if (finish.doubled) return `y[doubledAt(row, ${n})${outFours ? " / 4" : ""}] = ${sum};`;
      const one = (name: string, channels: string, c: string) =>
        outFours
          ? `${name}[(row * ${channels} + ${c}) / 4] = ${sum};`
          : `${name}[row * ${channels} + ${c}] = ${sum};`;
      if (results === 1) return one("y", "sizes.outs", n);
      return `if (${n} < sizes.firstOut) { ${one("y", "sizes.firstOut", n)} }
      else { ${one("z", "(sizes.outs - sizes.firstOut)", `(${n} - sizes.firstOut)`)} }`;
    },
    writesFours: outFours,
    ...(scaled ? { scaled: "left" as const } : {}),
  };
}

/** What {@link Finish} asks for, as functions. */
function finishing({ factor, bias, activation, half, doubled }: Finish, fours: boolean): string {
  const type = fours ? "vec4f" : "f32";
  const parts: string[] = [];
  if (half && fours)
    parts.push(`fn four(w: vec2u) -> vec4f { return vec4f(unpack2x16float(w.x), unpack2x16float(w.y)); }`);
  if (factor || bias || activation)
    parts.push(`${activation?.functions(type) ?? ""}
fn finish(sum: ${type}, n: i32) -> ${type} {
  let c = ${doubled ? "(n % sizes.firstOut)" : "n"}${fours ? " / 4" : ""};
  let v = sum${factor ? " * factor[c]" : ""}${bias ? " + bias[c]" : ""};
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

/** Declares bindings of group 0, one after the other. */
export function bindings(): (kind: string, name: string, type: string) => string {
  let next = 0;
  return (kind, name, type) => `@group(0) @binding(${next++}) var<${kind}> ${name}: ${type};`;
}

export function triple(values: readonly number[]): string {
  return `vec3i(${values.join(", ")})`;
}

/** The tap of a number, depth, height, width: constants where the filter has one tap along an axis. */
export function tapOf([, fh, fw]: readonly [number, number, number], t: string): string {
  if (fh === 1 && fw === 1) return `vec3i(${t}, 0, 0)`;
  return `vec3i(${t} / ${fh * fw}, (${t} / ${fw}) % ${fh}, ${t} % ${fw})`;
}
