import type { Batch } from "./batch.ts";

/**
 * Images of one kind as if they were of the other, CT as MR or MR as CT: inside the body by rank and upside down, the brightest value takes the place of the
 * darkest; outside it the other's background. Dense bone gives MR hardly any signal and fat much, so this is a first guess of one from the other (Wiesinger
 * et al. 2018, "Zero TE-based pseudo-CT image conversion in the head", take CT as a falling line of MR).
 *
 * @param from whose body its `mask` holds by 1; without a mask all is body
 * @param to whose values the result takes, of as many samples and pixels; with several channels each takes its own
 */
export function reversedScale(from: Batch, to: Batch): Batch {
  const [ins, outs] = [from.shape.at(-1)!, to.shape.at(-1)!];
  const places = split(from);
  const order = places.body.sort((a, b) => from.data[b * ins]! - from.data[a * ins]!);
  const there = split(to);
  const data = new Float32Array(to.data.length);
  for (let c = 0; c < outs; c++) {
    const values = (pixels: Uint32Array) =>
      Float32Array.from(pixels, (pixel) => to.data[pixel * outs + c]!).sort();
    const [body, outside] = [values(there.body), values(there.outside)];
    const background = outside[outside.length >> 1] ?? 0; // the median
    for (const pixel of places.outside) data[pixel * outs + c] = background;
    for (const [rank, pixel] of order.entries())
      data[pixel * outs + c] = body[Math.floor(((rank + 0.5) / order.length) * body.length)] ?? background;
  }
  return { data, shape: to.shape };
}

/** Pixels of the body and all others, by number. */
function split({ data, shape, mask }: Batch): { readonly body: Uint32Array; readonly outside: Uint32Array } {
  const pixels = Uint32Array.from({ length: data.length / shape.at(-1)! }, (_, n) => n);
  const inBody = (pixel: number) => !mask || mask[pixel] === 1;
  return { body: pixels.filter(inBody), outside: pixels.filter((pixel) => !inBody(pixel)) };
}
