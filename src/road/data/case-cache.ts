import type { Preparation } from "../preparation/index.ts";
import type { Case } from "./case.ts";
import { type PreparedCase, prepareCase } from "./prepare-case.ts";

/** Prepares cases on demand and keeps the most recently used ones, up to a number of bytes. */
export class CaseCache {
  readonly #preparation: Preparation;
  readonly #limit: number;
  readonly #kept = new Map<Case, PreparedCase>(); // in order of use, oldest first
  #bytes = 0;

  constructor(preparation: Preparation, limit: number) {
    this.#preparation = preparation;
    this.#limit = limit;
  }

  async get(source: Case, signal?: AbortSignal): Promise<PreparedCase> {
    const found = this.#kept.get(source);
    if (found) {
      this.#kept.delete(source);
      this.#kept.set(source, found);
      return found;
    }
    const prepared = await prepareCase(source, this.#preparation, signal);
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
