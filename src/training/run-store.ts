/**
 * Where a run keeps its checkpoints. `write` is atomic: a name holds either the old bytes or the new ones, never half.
 * In Node see `fileRunStore` of `@midash/core/node`.
 */
export interface RunStore {
  write(name: string, bytes: Uint8Array): Promise<void>;
  /** `undefined` when absent. */
  read(name: string): Promise<Uint8Array | undefined>;
  list(): Promise<string[]>;
  remove(name: string): Promise<void>;
}

/** A store that lives as long as the object. */
export function memoryRunStore(): RunStore {
  const files = new Map<string, Uint8Array>();
  return {
    async write(name, bytes) {
      files.set(name, bytes.slice());
    },
    async read(name) {
      return files.get(name)?.slice();
    },
    async list() {
      return [...files.keys()].sort();
    },
    async remove(name) {
      files.delete(name);
    },
  };
}
