import type { Route } from "./route.ts";

/**
 * An image read along a route.
 *
 * @param data [(D,) H, W, C], as the route's shape says
 * @param outside what lies beyond, one value a channel
 * @param how `nearest` for labels and masks; halfway to the next voxel it takes the next, as ITK
 */
export function follow(
  route: Route,
  data: Float32Array,
  outside: readonly number[],
  how: "linear" | "nearest",
): Float32Array {
  const out = new Float32Array(data.length);
  const channels = outside.length;
  const steps = stepsOf(route, channels);
  if (how === "nearest") nearest(route, data, out, outside, steps);
  else if (channels === 1 && route.depth) trilinear(route, data, out, outside[0]!, steps);
  else if (channels === 1) bilinear(route, data, out, outside[0]!, steps);
  else linear(route, data, out, outside, steps);
  return out;
}

/** To the next voxel along depth, height and width, 0 where there is none. */
type Steps = readonly [depth: number, height: number, width: number];

function stepsOf({ shape: [planes, rows, columns] }: Route, channels: number): Steps {
  const step = (n: number, size: number) => (n > 1 ? size * channels : 0);
  return [step(planes, rows * columns), step(rows, columns), step(columns, 1)];
}

function bilinear(
  { before, height, width }: Route,
  data: Float32Array,
  out: Float32Array,
  outside: number,
  [, down, right]: Steps,
): void {
  for (let v = 0; v < out.length; v++) {
    const a = before[v]!;
    if (a < 0) {
      out[v] = outside;
      continue;
    }
    const x = width[v]!;
    const upper = data[a]! + x * (data[a + right]! - data[a]!);
    const lower = data[a + down]! + x * (data[a + down + right]! - data[a + down]!);
    out[v] = upper + height[v]! * (lower - upper);
  }
}

function trilinear(
  { before, depth, height, width }: Route,
  data: Float32Array,
  out: Float32Array,
  outside: number,
  [deep, down, right]: Steps,
): void {
  for (let v = 0; v < out.length; v++) {
    const a = before[v]!;
    if (a < 0) {
      out[v] = outside;
      continue;
    }
    const [x, y] = [width[v]!, height[v]!];
    const b = a + down;
    const c = a + deep;
    const d = c + down;
    const one = data[a]! + x * (data[a + right]! - data[a]!);
    const two = data[b]! + x * (data[b + right]! - data[b]!);
    const three = data[c]! + x * (data[c + right]! - data[c]!);
    const four = data[d]! + x * (data[d + right]! - data[d]!);
    const near = one + y * (two - one);
    out[v] = near + depth![v]! * (three + y * (four - three) - near);
  }
}

/** Any number of channels. */
function linear(
  { before, depth, height, width }: Route,
  data: Float32Array,
  out: Float32Array,
  outside: readonly number[],
  [deep, down, right]: Steps,
): void {
  const channels = outside.length;
  for (let v = 0, to = 0; v < before.length; v++) {
    const start = before[v]! * channels;
    if (start < 0) {
      for (let c = 0; c < channels; c++, to++) out[to] = outside[c]!;
      continue;
    }
    const [x, y, z] = [width[v]!, height[v]!, depth ? depth[v]! : 0];
    for (let c = 0; c < channels; c++, to++) {
      const a = start + c;
      const b = a + down;
      const one = data[a]! + x * (data[a + right]! - data[a]!);
      const two = data[b]! + x * (data[b + right]! - data[b]!);
      const near = one + y * (two - one);
      if (z === 0) {
        out[to] = near;
        continue;
      }
      const three = data[a + deep]! + x * (data[a + deep + right]! - data[a + deep]!);
      const four = data[b + deep]! + x * (data[b + deep + right]! - data[b + deep]!);
      out[to] = near + z * (three + y * (four - three) - near);
    }
  }
}

function nearest(
  { before, depth, height, width }: Route,
  data: Float32Array,
  out: Float32Array,
  outside: readonly number[],
  [deep, down, right]: Steps,
): void {
  const channels = outside.length;
  for (let v = 0, to = 0; v < before.length; v++) {
    let a = before[v]! * channels;
    if (a >= 0) {
      if (width[v]! >= 0.5) a += right;
      if (height[v]! >= 0.5) a += down;
      if (depth && depth[v]! >= 0.5) a += deep;
    }
    for (let c = 0; c < channels; c++, to++) out[to] = a < 0 ? outside[c]! : data[a + c]!;
  }
}
