import type { NamedArray, NamedArrays } from "../../networks/learning/index.ts";

/** Where float32 sums in another order (a batch of another size) may end, as a share of the largest value. */
export const ROUNDING = 1e-4;

/** Largest difference as a share of the largest value of `expected`; infinite for NaN or another length. */
export function distance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY;
    worst = Math.max(worst, difference);
    largest = Math.max(largest, Math.abs(expected[i]!));
  }
  return worst === 0 ? 0 : worst / largest;
}

/**
 * The first difference between two sets of arrays in words, `undefined` when there is none.
 *
 * @param exact bit for bit; otherwise up to {@link ROUNDING}
 */
export function difference(a: NamedArrays, b: NamedArrays, exact: boolean): string | undefined {
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const [x, y] = [a[name], b[name]];
    if (!x || !y) return `"${name}" is in one of them only`;
    if (String(x.shape) !== String(y.shape))
      return `"${name}" has shape [${x.shape.join(", ")}] and [${y.shape.join(", ")}]`;
    if (exact ? sameBits(x.data, y.data) : distance(x.data, y.data) <= ROUNDING) continue;
    const at = x.data.findIndex((v, i) => !Object.is(v, y.data[i]));
    return `"${name}" differs, at ${at} it is ${x.data[at]} and ${y.data[at]}`;
  }
  return undefined;
}

/** Names of the arrays that are not the same bit for bit. */
export function changed(a: NamedArrays, b: NamedArrays): string[] {
  return Object.keys(a).filter((name) => !b[name] || !sameBits(a[name]!.data, b[name].data));
}

function sameBits(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((v, i) => Object.is(v, b[i]));
}

/** Arrays of their own memory: an engine may hand out its own. */
export function copyOf(arrays: NamedArrays): NamedArrays {
  const copies = Object.entries(arrays).map(([name, { data, shape }]): [string, NamedArray] => [
    name,
    { data: data.slice(), shape: [...shape] },
  ]);
  return Object.fromEntries(copies);
}

/** `"a", "b", "c" and 4 more`. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, 3).map((name) => `"${name}"`);
  return shown.join(", ") + (names.length > 3 ? ` and ${names.length - 3} more` : "");
}
