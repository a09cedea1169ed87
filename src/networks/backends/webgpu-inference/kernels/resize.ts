import type { Job } from "../../webgpu/kernels/job.ts";
import { spread } from "../../webgpu/kernels/tile.ts";
import { pixelsOf, type Sizes } from "../sizes.ts";

/** The largest of 2 a side; an odd pixel at the end is left out. Bound to image and result. */
export function halveJob(x: Sizes, y: Sizes, deep: boolean): Job {
  const taps = (deep ? [0, 1] : [0]).flatMap((d) => [0, 1].flatMap((h) => [0, 1].map((w) => [d, h, w])));
  const read = ([d, h, w]: readonly number[]) =>
    `x[at(s, q * vec3u(${deep ? 2 : 1}, 2, 2) + vec3u(${d}, ${h}, ${w}), c)]`;
  return resizeJob(
    "halve",
    x,
    y,
    `var most = ${read(taps[0]!)};
  ${taps
    .slice(1)
    .map((tap) => `most = max(most, ${read(tap)});`)
    .join("\n  ")}
  y[n] = most;`,
  );
}

/** Height and width doubled linearly, with half-pixel centres. Bound to image and result. */
export function bilinearJob(x: Sizes, y: Sizes): Job {
  return resizeJob(
    "double linearly",
    x,
    y,
    `let near = vec3u(q.x, q.y / 2, q.z / 2);
  // The other pixel lies before an even one and behind an odd one; at the border it is the same.
  let other = min(max(vec2i(near.yz) + vec2i(q.yz % 2) * 2 - 1, vec2i(0)), vec2i(sizes.source.yz) - 1);
  let far = vec3u(q.x, vec2u(other));
  y[n] = 0.75 * (0.75 * x[at(s, near, c)] + 0.25 * x[at(s, vec3u(q.x, near.y, far.z), c)])
    + 0.25 * (0.75 * x[at(s, vec3u(q.x, far.y, near.z), c)] + 0.25 * x[at(s, far, c)]);`,
  );
}

/** @param body writes value n of the result: channel c of pixel q of sample s */
function resizeJob(label: string, x: Sizes, y: Sizes, body: string): Job {
  const four = x.channels % 4 === 0;
  const type = four ? "vec4f" : "f32";
  const channels = x.channels / (four ? 4 : 1);
  const length = y.samples * pixelsOf(y) * channels;
  const [across, deep] = spread(Math.ceil(length / 64));
  const code = `
struct Sizes { source: vec3u, channels: u32, made: vec3u, length: u32 }
@group(0) @binding(0) var<storage, read> x: array<${type}>;
@group(0) @binding(1) var<storage, read_write> y: array<${type}>;
@group(0) @binding(2) var<uniform> sizes: Sizes;
fn at(s: u32, p: vec3u, c: u32) -> u32 {
  return (((s * sizes.source.x + p.x) * sizes.source.y + p.y) * sizes.source.z + p.z) * sizes.channels + c;
}
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let n = id.x + id.z * groups.x * 64;
  if (n >= sizes.length) { return; }
  let c = n % sizes.channels;
  let p = n / sizes.channels;
  let plane = sizes.made.y * sizes.made.z;
  let s = p / (sizes.made.x * plane);
  let q = vec3u((p / plane) % sizes.made.x, (p / sizes.made.z) % sizes.made.y, p % sizes.made.z);
  ${body}
}`;
  const numbers = [...x.space, channels, ...y.space, length];
  return { shader: { label, code }, numbers, groups: [across, 1, deep] };
}
