import { assert } from "../../base/errors/index.ts";
import type { Random } from "../../base/random/index.ts";
import type { NamedArray, NamedArrays } from "../layers/index.ts";

/**
 * Keeps images that a generator made earlier, so that a judge also sees old ones and does not chase the latest (Shrivastava et al. 2017,
 * as CycleGAN uses it).
 */
export class ImagePool {
  readonly #size: number;
  #images: Float32Array[] = [];

  /** @param size images that it keeps; 0 gives back what comes in */
  constructor(size: number) {
    this.#size = size;
  }

  /**
   * While it fills, each image comes back as it is. After that every second one, at random, is kept in place of an older one, which comes
   * back instead.
   *
   * @param data `count` images of one size, one after the other
   */
  exchange(data: Float32Array, count: number, random: Random): Float32Array {
    const length = data.length / count;
    if (this.#images[0] && this.#images[0].length !== length) this.#images = []; // samples of another size
    const out = data.slice();
    for (let n = 0; n < count; n++) {
      const image = data.slice(n * length, (n + 1) * length);
      if (this.#images.length < this.#size) this.#images.push(image);
      else if (this.#size > 0 && random.next() < 0.5) {
        const place = random.integer(this.#size);
        out.set(this.#images[place]!, n * length);
        this.#images[place] = image;
      }
    }
    return out;
  }

  /** Its images by number. */
  state(): NamedArrays {
    const entries = this.#images.map((data, n): [string, NamedArray] => [
      String(n),
      { data, shape: [data.length] },
    ]);
    return Object.fromEntries(entries);
  }

  /** Takes what `state` gave. */
  restore(state: NamedArrays): void {
    this.#images = Object.keys(state).map((_, n) => {
      const image = state[n];
      assert(image, `the checkpoint lacks image ${n} of a pool`, { where: { call: "ImagePool.restore" } });
      return Float32Array.from(image.data);
    });
  }
}
