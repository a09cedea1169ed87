/** Everything needed to continue a {@link Random} exactly where it stood. JSON-safe. */
export interface RandomState {
  readonly words: readonly [number, number, number, number];
  /** The second value of the last normal pair, if not yet handed out. */
  readonly spare: number | null;
}

/**
 * A seeded generator: sfc32 (Chris Doty-Humphrey, PractRand), seeded by FNV-1a over the seed's text.
 * The same seed gives the same stream on every machine and engine.
 */
export class Random {
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 1;
  #spare: number | null = null;

  constructor(seed: number | string) {
    const text = String(seed);
    this.#a = fnv1a(text, 0x811c9dc5);
    this.#b = fnv1a(text, 0x9e3779b9);
    this.#c = fnv1a(text, 0x85ebca6b);
    for (let i = 0; i < 15; i++) this.#word(); // mix, as the author of sfc32 advises
  }

  /** Uniform in [0, 1) with 53 bits. */
  next(): number {
    const high = this.#word() >>> 5;
    const low = this.#word() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  /** Uniform in [low, high). */
  uniform(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** An integer in [0, n). @throws RangeError unless n is a positive integer */
  integer(n: number): number {
    // A plain error: errors/ is a neighbour on this room's floor.
    if (!Number.isInteger(n) || n <= 0) throw new RangeError(`n must be a positive integer, got ${n}`);
    return Math.floor(this.next() * n);
  }

  /** Normally distributed, by the polar method (Marsaglia and Bray, 1964). */
  normal(mean = 0, sd = 1): number {
    if (this.#spare !== null) {
      const value = this.#spare;
      this.#spare = null;
      return mean + sd * value;
    }
    for (;;) {
      const u = 2 * this.next() - 1;
      const v = 2 * this.next() - 1;
      const s = u * u + v * v;
      if (s > 0 && s < 1) {
        const scale = Math.sqrt((-2 * Math.log(s)) / s);
        this.#spare = v * scale;
        return mean + sd * u * scale;
      }
    }
  }

  /** A shuffled copy (Fisher-Yates). */
  shuffle<T>(items: readonly T[]): T[] {
    const out = [...items];
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [out[i], out[j]] = [out[j]!, out[i]!];
    }
    return out;
  }

  /** An independent stream for `name`; drawing from it does not move this one, and drawing from this one does not move it. */
  static fork(seed: number | string, name: string | number): Random {
    return new Random(`${seed}/${name}`);
  }

  /** All that {@link Random.restore} needs to go on from here. */
  state(): RandomState {
    return { words: [this.#a, this.#b, this.#c, this.#d], spare: this.#spare };
  }

  /** A generator that goes on where `state` was taken. */
  static restore(state: RandomState): Random {
    const random = new Random(0);
    [random.#a, random.#b, random.#c, random.#d] = state.words;
    random.#spare = state.spare;
    return random;
  }

  #word(): number {
    const t = (((this.#a + this.#b) | 0) + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + t;
    this.#c |= 0;
    return t >>> 0;
  }
}

function fnv1a(text: string, offset: number): number {
  let hash = offset | 0;
  for (let i = 0; i < text.length; i++) {
    hash ^= text.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash;
}
