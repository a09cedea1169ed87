import { product } from "../../../base/bytes/index.ts";

/** An image in memory: [samples, depth, height, width, channels]. What has fewer axes has 1 along those that it lacks. */
export interface Sizes {
  readonly samples: number;
  readonly space: readonly [depth: number, height: number, width: number];
  readonly channels: number;
}

/** Of a sample. */
export function pixelsOf({ space }: Pick<Sizes, "space">): number {
  return product(space);
}

export function valuesOf({ samples, space, channels }: Sizes): number {
  return samples * product(space) * channels;
}

/** Of a shape with channels first: [N], [N, C], [N, C, H, W] or [N, C, D, H, W]. */
export function sizesOf(shape: readonly number[]): Sizes {
  const [samples, channels = 1, ...space] = shape as [number, ...number[]];
  const lacking = Array<number>(3 - space.length).fill(1);
  return { samples, channels, space: [...lacking, ...space] as unknown as Sizes["space"] };
}

/** The shape again, with channels first. */
export function shapeOf({ samples, space, channels }: Sizes, rank: number): readonly number[] {
  if (rank === 1) return [samples];
  return [samples, channels, ...space.slice(3 - (rank - 2))];
}

/** [N, (D,) H, W, C]. */
export function channelsLastShape({ samples, space, channels }: Sizes, rank: number): readonly number[] {
  return [samples, ...(rank === 5 ? space : space.slice(1)), channels];
}
