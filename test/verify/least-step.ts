import type { Counted } from "./count-device.ts";

/** Of the U-Net that is counted, 2-D, one channel in and out, instance norm, nearest doubling. */
export interface CountedNetwork {
  readonly baseFilters: number;
  readonly levels: number;
  /** Of H and W. */
  readonly size: number;
  readonly batch: number;
}

/**
 * The least that a step of training needs where each layer is computed once and for all pixels before the next one begins: each op in one dispatch that reads what it needs once and writes what it gives
 * once. A norm needs its sums before its values, so it takes two and reads twice, forward and backward; a bias is added by its convolution, and its gradient summed by that of the
 * filter; all parameters move in one.
 */
export function leastStep({ baseFilters, levels, size, batch }: CountedNetwork): Counted {
  const all: Counted = { dispatches: 0, bytes: 0 };
  let weights = 0;
  /** Values, four bytes each. */
  const dispatch = (values: number) => {
    all.dispatches++;
    all.bytes += 4 * values;
  };
  const pixels = (level: number) => batch * (size / 2 ** level) ** 2;
  const filters = (level: number) => baseFilters * 2 ** level;
  /** @param first whether nobody asks for the gradient of its input */
  const convolution = (level: number, side: number, from: number, to: number, first = false) => {
    const [x, y, w] = [pixels(level) * from, pixels(level) * to, side * side * from * to];
    weights += w + to;
    dispatch(x + w + y); // forward
    dispatch(x + y + w); // dW
    if (!first) dispatch(y + w + x); // dX
  };
  const norm = (level: number, channels: number) => {
    const x = pixels(level) * channels;
    weights += channels; // scale; the shift is counted as the convolution's bias
    dispatch(x); // forward: sums
    dispatch(2 * x); // values
    dispatch(2 * x); // backward: sums over x and dy
    dispatch(3 * x); // dx
  };
  const block = (level: number, from: number, to: number, first = false) => {
    convolution(level, 3, from, to, first);
    norm(level, to);
  };
  for (let level = 0; level < levels; level++) {
    const [from, to] = [level === 0 ? 1 : filters(level - 1), filters(level)];
    const [large, small] = [level === 0 ? 0 : pixels(level - 1) * from, pixels(level) * from];
    if (level > 0) {
      dispatch(large + small); // halving
      dispatch(2 * large + small); // its gradient looks where the largest was
      dispatch(3 * large); // what came over the skip is added
    }
    block(level, from, to, level === 0);
    block(level, to, to);
  }
  for (let level = levels - 2; level >= 0; level--) {
    const [from, to] = [filters(level + 1), filters(level)];
    convolution(level + 1, 1, from, to);
    const [small, large] = [pixels(level + 1) * to, pixels(level) * to];
    dispatch(small + large); // doubling
    dispatch(large + small); // its gradient
    block(level, 2 * to, to); // of the pair
    block(level, to, to);
  }
  convolution(0, 1, baseFilters, 1);
  dispatch(3 * pixels(0)); // loss, of prediction, target and mask
  dispatch(4 * pixels(0)); // its gradient
  dispatch(7 * weights); // Adam reads weights, gradients and two moments, and writes three of them
  return all;
}
