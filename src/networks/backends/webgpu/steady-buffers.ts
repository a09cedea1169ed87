/** What is used of tfjs's store of buffers. */
export interface BufferStore {
  acquireBuffer(size: number, usage: number, mappedAtCreation?: boolean, reuse?: boolean): GPUBuffer;
  readonly freeBuffers: ReadonlyMap<string, GPUBuffer[]>;
}

/**
 * Lets a store give the oldest free buffer of a size, where tfjs gives the one that came back last. So a step of training that frees all but what it found gets the same buffers for the same
 * tensors as the step before, and finds its bind groups made.
 */
export function steadyBuffers(store: BufferStore): void {
  const ages = new WeakMap<GPUBuffer, number>();
  let next = 0;
  const acquire = store.acquireBuffer.bind(store);
  store.acquireBuffer = (size, usage, ...rest) => {
    const free = store.freeBuffers.get(`${size}_${usage}`); // its own key
    if (free && free.length > 1) oldestLast(free, (buffer) => ages.get(buffer) ?? 0);
    const buffer = acquire(size, usage, ...rest);
    if (!ages.has(buffer)) ages.set(buffer, next++);
    return buffer;
  };
}

/** The store takes the last. */
function oldestLast<T>(all: T[], age: (one: T) => number): void {
  let oldest = 0;
  for (let n = 1; n < all.length; n++) if (age(all[n]!) < age(all[oldest]!)) oldest = n;
  const last = all.length - 1;
  [all[oldest], all[last]] = [all[last]!, all[oldest]!];
}
