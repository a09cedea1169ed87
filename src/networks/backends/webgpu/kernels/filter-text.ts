/** The sides of the product that gives the gradient of a filter as WGSL: see `filter-gradient.ts`. */
import type { ConvGeometry } from "../../tfjs/conv-geometry.ts";
import { bindings, tapOf, triple } from "./gather-text.ts";
import type { ProductText } from "./product-text.ts";

export interface FilterSums {
  readonly geometry: Pick<ConvGeometry, "filter" | "stride" | "dilation">;
  readonly sources: number;
  /** Channels of the sources come in fours. */
  readonly fours: boolean;
  /** Those of dy do. */
  readonly outFours: boolean;
  /** dy is scaled before it is rounded, see `f16-scale.ts`. */
  readonly scaled: boolean;
}

export function filterText({ geometry: g, sources, fours, outFours, scaled }: FilterSums): ProductText {
  const names = ["a", "b"].slice(0, sources);
  const from = fours ? "vec4f" : "f32";
  const to = outFours ? "vec4f" : "f32";
  const one = (name: string, channels: string, c: string) =>
    fours ? `${name}[(at * ${channels} + ${c}) / 4]` : `${name}[at * ${channels} + ${c}]`;
  const read =
    sources === 1
      ? `return ${one("a", "sizes.ins", "c")};`
      : `if (c < sizes.first) { return ${one("a", "sizes.first", "c")}; }
  return ${one("b", "(sizes.ins - sizes.first)", "(c - sizes.first)")};`;
  const bind = bindings();
  const declarations = `
struct Sizes { source: vec3i, samples: i32, made: vec3i, pixels: i32, before: vec3i, ins: i32, first: i32, outs: i32, rows: i32, share: i32 }
${names.map((name) => bind("storage, read", name, `array<${from}>`)).join("\n")}
${bind("storage, read", "dy", `array<${to}>`)}
${scaled ? bind("storage, read", "scale", "array<f32, 2>") : ""}
${bind("storage, read_write", "sums", `array<${to}>`)}
${bind("uniform", "sizes", "Sizes")}

/** The source's value${fours ? "s" : ""} of a row, tap and channel, where the result's pixel is. */
fn gather(row: i32, sample: i32, place: vec3i) -> ${from} {
  if (row >= sizes.rows) { return ${from}(0); }
  let t = row / sizes.ins;
  let c = row - t * sizes.ins;
  let tap = ${tapOf(g.filter, "t")};
  let s = place * ${triple(g.stride)} - sizes.before + tap * ${triple(g.dilation)};
  if (any(s < vec3i(0)) || any(s >= sizes.source)) { return ${from}(0); }
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
}`;
  return {
    declarations,
    start: ({ rows, columns }) => `let row0 = i32(group.x) * ${rows};
  let column0 = i32(group.y) * ${columns};
  let begin = i32(group.z) * sizes.share;
  let end = min(begin + sizes.share, sizes.pixels);
  let out0 = i32(group.z) * sizes.rows;`,
    leftAlong: "rows",
    leftReady: () => "",
    left: (_, row, k) => `left4(${k}, end, row0 + ${row})`,
    right: (k, column) => `right4(${k}, end, ${column})`,
    write: (n, sum) =>
      outFours
        ? `sums[((out0 + row) * sizes.outs + ${n}) / 4] = ${sum};`
        : `sums[(out0 + row) * sizes.outs + ${n}] = ${sum};`,
    writesFours: outFours,
    ...(scaled ? { scaled: "right" as const } : {}),
  };
}
