import type { Random } from "./random.ts";

const LAYERS = 128;
/** Where the last layer ends and its tail begins, and the area of each layer: Doornik's, for 128 of them. */
const TAIL = 3.442619855899;
const AREA = 9.91256303526217e-3;

interface Layers {
  /** Right edges, from the widest to 0. */
  readonly edge: Float64Array;
  /** The share of each layer that lies wholly under the curve. */
  readonly inner: Float64Array;
}

const layers: Layers = /* @__PURE__ */ (() => {
  const edge = new Float64Array(LAYERS + 1);
  const inner = new Float64Array(LAYERS);
  let height = Math.exp(-0.5 * TAIL * TAIL);
  edge[0] = AREA / height;
  edge[1] = TAIL;
  for (let i = 2; i < LAYERS; i++) {
    edge[i] = Math.sqrt(-2 * Math.log(AREA / edge[i - 1]! + height));
    height = Math.exp(-0.5 * edge[i]! * edge[i]!);
  }
  for (let i = 0; i < LAYERS; i++) inner[i] = edge[i + 1]! / edge[i]!;
  return { edge, inner };
})();

/**
 * Fills an array with normal values of mean 0 and SD 1, several times as fast as {@link Random.normal}: the ziggurat of Marsaglia and Tsang (2000) as
 * Doornik corrected it (2005), over a stream of sfc32 of its own that draws of `random` begin.
 */
export function fillNormals(out: Float32Array, random: Random): void {
  const { edge, inner } = layers;
  const word = () => Math.floor(random.next() * 2 ** 32) | 0;
  let a = word();
  let b = word();
  let c = word();
  let d = word();
  for (let n = 0; n < out.length; n++)
    for (;;) {
      const w = (((a + b) | 0) + d) | 0;
      d = (d + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (((c << 21) | (c >>> 11)) + w) | 0;
      const layer = w & (LAYERS - 1);
      const u = ((w >> 8) + 0.5) / 2 ** 23; // the bits that did not choose the layer
      const x = u * edge[layer]!;
      if (Math.abs(u) < inner[layer]!) {
        out[n] = x;
        break;
      }
      if (layer === 0) {
        out[n] = Math.sign(u) * beyondTail(random);
        break;
      }
      if (underCurve(x, edge[layer]!, edge[layer + 1]!, random)) {
        out[n] = x;
        break;
      }
    }
}

/** Whether a point of a layer, at a height at random, lies under the curve. */
function underCurve(x: number, wide: number, narrow: number, random: Random): boolean {
  const low = Math.exp(-0.5 * (wide * wide - x * x));
  const high = Math.exp(-0.5 * (narrow * narrow - x * x));
  return high + random.next() * (low - high) < 1;
}

/** A value beyond {@link TAIL} (Marsaglia 1964). */
function beyondTail(random: Random): number {
  for (;;) {
    const x = Math.log(1 - random.next()) / TAIL;
    const y = Math.log(1 - random.next());
    if (-2 * y >= x * x) return TAIL - x;
  }
}
