type Numbers = Float32Array | Uint32Array;

/** Numbers of which nobody knows how many will come. */
export class Growing<T extends Numbers> {
  #data: T;
  length = 0;

  constructor(readonly type: new (length: number) => T) {
    this.#data = new type(1 << 12);
  }

  push(...values: readonly [number, number, number]): void {
    if (this.length + values.length > this.#data.length) {
      const more = new this.type(2 * this.#data.length);
      more.set(this.#data);
      this.#data = more;
    }
    this.#data.set(values, this.length);
    this.length += values.length;
  }

  /** All of them, in memory of their own. */
  done(): T {
    return this.#data.slice(0, this.length) as T;
  }
}
