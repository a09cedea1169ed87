/**
 * Where a run keeps its checkpoints. `write` is atomic: a name holds either the old bytes or the new ones, never half.
 * In Node see `fileRunStore` of `@midash/core/node`.
 */
export interface RunStore {
  /**
   * Whole or not at all.
   *
   * @param options `keep`: the bytes that `name` held till now stay, under this name. After a crash in between there may be
   *   nothing under `name`, but then they are under `keep`. A store whose bytes can't be damaged may ignore it.
   */
  write(name: string, bytes: Uint8Array, options?: { readonly keep?: string }): Promise<void>;
  /** `undefined` when absent. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** Names in the order of the alphabet. */
  list(): Promise<string[]>;
  /** Absent names are no error. */
  remove(name: string): Promise<void>;
  /**
   * Makes this the only writer until the returned function is called. A store without this method can't be shared. What a
   * killed owner left is no lock.
   *
   * @throws MidashError `io` that names the other writer and says what to do
   */
  lock?(): Promise<() => Promise<void>>;
}

/** A store that lives as long as the object. It keeps no older bytes. */
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
