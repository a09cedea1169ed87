/** Complex numbers: `n` rows of `width`, one row after the other. */
export interface Spectrum {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** One pass: of `radix` transforms of `joined` rows each, one of all of them. */
interface Pass {
  readonly radix: number;
  readonly joined: number;
  /** cos and sin of 2π i / (radix · joined), i from 0. */
  readonly turn: Spectrum;
}

/**
 * Fourier transform along the rows of sheets of one size, for all columns at once: loops run along memory, and twiddles are worked out once. Any
 * length; fast where its prime factors are small (Stockham's self-sorting form, radices 2, 3, 5, ...).
 */
export class RowFourier {
  readonly #n: number;
  readonly #width: number;
  readonly #passes: readonly Pass[];
  #spare: Spectrum;

  constructor(n: number, width: number) {
    this.#n = n;
    this.#width = width;
    this.#passes = passesOf(n);
    this.#spare = emptySpectrum(n * width);
  }

  /** Gives the transform and takes the given numbers as memory to work in. Inverse: divided by the length. */
  transform(given: Spectrum, inverse = false): Spectrum {
    let from = given;
    let to = this.#spare;
    for (const pass of this.#passes) {
      for (let k = 0; k < pass.joined; k++) this.#join(from, to, pass, k, inverse ? 1 : -1);
      [from, to] = [to, from];
    }
    this.#spare = to;
    if (inverse)
      for (const part of [from.re, from.im]) for (let i = 0; i < part.length; i++) part[i]! /= this.#n;
    return from;
  }

  /** The rows of frequency k of `radix` transforms to those of one as long as all of them. */
  #join(from: Spectrum, to: Spectrum, { radix, joined, turn }: Pass, k: number, sign: number): void {
    const length = (this.#n / (radix * joined)) * this.#width;
    const source = (q: number) => (k * radix + q) * length;
    const target = (p: number) => (k + joined * p) * length;
    if (radix === 2) {
      joinTwo(
        from,
        to,
        [source(0), source(1)],
        [target(0), target(1)],
        turn.re[k]!,
        sign * turn.im[k]!,
        length,
      );
      return;
    }
    for (let p = 0; p < radix; p++)
      for (let q = 0; q < radix; q++) {
        const at = (q * (k + joined * p)) % (radix * joined);
        addTurned(from, to, source(q), target(p), turn.re[at]!, sign * turn.im[at]!, length, q === 0);
      }
  }
}

function joinTwo(
  from: Spectrum,
  to: Spectrum,
  [a, b]: readonly [number, number],
  [x, y]: readonly [number, number],
  c: number,
  s: number,
  length: number,
): void {
  const { re, im } = from;
  const { re: outRe, im: outIm } = to;
  for (let i = 0; i < length; i++) {
    const u = re[b + i]! * c - im[b + i]! * s;
    const v = re[b + i]! * s + im[b + i]! * c;
    outRe[x + i] = re[a + i]! + u;
    outIm[x + i] = im[a + i]! + v;
    outRe[y + i] = re[a + i]! - u;
    outIm[y + i] = im[a + i]! - v;
  }
}

function addTurned(
  from: Spectrum,
  to: Spectrum,
  a: number,
  x: number,
  c: number,
  s: number,
  length: number,
  first: boolean,
): void {
  const { re, im } = from;
  const { re: outRe, im: outIm } = to;
  if (first) {
    for (let i = 0; i < length; i++) {
      outRe[x + i] = re[a + i]! * c - im[a + i]! * s;
      outIm[x + i] = re[a + i]! * s + im[a + i]! * c;
    }
    return;
  }
  for (let i = 0; i < length; i++) {
    outRe[x + i]! += re[a + i]! * c - im[a + i]! * s;
    outIm[x + i]! += re[a + i]! * s + im[a + i]! * c;
  }
}

function passesOf(n: number): Pass[] {
  const passes: Pass[] = [];
  let joined = 1;
  for (let rest = n, radix = 2; rest > 1; radix++)
    while (rest % radix === 0) {
      const whole = radix * joined;
      const angle = (i: number) => (2 * Math.PI * i) / whole;
      passes.push({
        radix,
        joined,
        turn: {
          re: Float64Array.from({ length: whole }, (_, i) => Math.cos(angle(i))),
          im: Float64Array.from({ length: whole }, (_, i) => Math.sin(angle(i))),
        },
      });
      joined = whole;
      rest /= radix;
    }
  return passes;
}

export function emptySpectrum(length: number): Spectrum {
  return { re: new Float64Array(length), im: new Float64Array(length) };
}
