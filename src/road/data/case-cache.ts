import type { Case } from "./case.ts";

/** Prepares cases on demand and keeps the most recently used ones, up to a number of bytes. */
export class CaseCache<T extends { readonly bytes: number }> {
  readonly #prepare: (source: Case, signal?: AbortSignal) => Promise<T>;
  readonly #limit: number;
  readonly #kept = new Map<Case, T>(); // in order of use, oldest first
  #bytes = 0;

  constructor(prepare: (source: Case, signal?: AbortSignal) => Promise<T>, limit: number) {
    this.#prepare = prepare;
    this.#limit = limit;
  }

  async get(source: Case, signal?: AbortSignal): Promise<T> {
    if (source.prepared) return this.#prepare(source, signal); // as quickly read as found
    const found = this.#kept.get(source);
    if (found) {
      this.#kept.delete(source);
      this.#kept.set(source, found);
      return found;
    }
    const prepared = await this.#prepare(source, signal);
    this.#kept.set(source, prepared);
    this.#bytes += prepared.bytes;
    for (const [oldest, { bytes }] of this.#kept) {
      if (this.#bytes <= this.#limit || oldest === source) break;
      this.#kept.delete(oldest);
      this.#bytes -= bytes;
    }
    return prepared;
  }
}
