/**
 * Where a run keeps its checkpoints. `write` is atomic: a name holds either the old bytes or the new ones, never half.
 * In Node see `fileRunStore` of `@midash/core/node`.
 */
export interface RunStore {
  /** Whole or not at all. */
  write(name: string, bytes: Uint8Array): Promise<void>;
  /** `undefined` when absent. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** Names in the order of the alphabet. */
  list(): Promise<string[]>;
  /** Absent names are no error. */
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
