/** Parts one after the other, in one array. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return fill(new Uint8Array(lengthOf(parts)), parts);
}

/** As {@link joinBytes}. */
export function joinFloats(parts: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  return fill(new Float32Array(lengthOf(parts)), parts);
}

function lengthOf(parts: readonly { readonly length: number }[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

function fill<T extends { set(part: ArrayLike<number>, at: number): void }>(
  out: T,
  parts: readonly ArrayLike<number>[],
): T {
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
