// How much memory a read asks for. Every constructor of ArrayBuffer and of the typed arrays is replaced, before anything of the library is
// loaded, by a proxy that notes the bytes asked for: an array that the engine would hand out lazily, or refuse, counts as much as one that
// is filled. What zlib allocates for itself is its output limit, which the engine's wrapper notes. Copies of an array (`slice`) don't pass here;
// they are no larger than what was counted or the file. Arrays of numbers are bounded by the heap (--max-old-space-size): past
// that, the process dies, which counts as a crash.

/** Bytes asked for since the last `reset`. */
export interface Allocations {
  largest: number;
  sum: number;
}

const NAMES = [
  "ArrayBuffer",
  "SharedArrayBuffer",
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "BigInt64Array",
  "BigUint64Array",
  "Float32Array",
  "Float64Array",
] as const;

/** Replaces the constructors of this process. */
export function watchAllocations(): { readonly seen: Allocations; note(bytes: number): void; reset(): void } {
  const seen: Allocations = { largest: 0, sum: 0 };
  const note = (bytes: number) => {
    seen.largest = Math.max(seen.largest, bytes);
    seen.sum += bytes;
  };
  for (const name of NAMES) {
    const original = globalThis[name] as unknown as {
      new (...given: unknown[]): object;
      BYTES_PER_ELEMENT?: number;
    };
    const size = original.BYTES_PER_ELEMENT ?? 1;
    const watched: typeof original = new Proxy(original, {
      construct(target, given, newTarget) {
        const [first] = given as [unknown];
        if (typeof first === "number") note(first * size);
        else if (Array.isArray(first) || ArrayBuffer.isView(first))
          note((first as { length: number }).length * size);
        return Reflect.construct(target, given, newTarget === watched ? target : newTarget) as object;
      },
    });
    Object.defineProperty(globalThis, name, { value: watched, configurable: true, writable: true });
  }
  return {
    seen,
    note,
    reset() {
      seen.largest = 0;
      seen.sum = 0;
    },
  };
}
