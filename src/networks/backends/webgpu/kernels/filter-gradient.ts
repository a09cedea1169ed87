/**
 * The gradient of a convolution's filter: for each tap and pair of channels a sum over all pixels. There are few sums and many pixels, so several workgroups share the pixels of one, and
 * what they find is added up in a fixed order: the same bits each time.
 */
import type { ConvGeometry } from "../../tfjs/conv-geometry.ts";
import type { TensorInfo } from "../../tfjs/register.ts";
import { dispatch, type GpuBackend } from "../of-backend.ts";
import { f16Scale } from "./f16-scale.ts";
import { filterText } from "./filter-text.ts";
import { layerOf } from "./gather-product.ts";
import { runProduct } from "./run-product.ts";
import { ENOUGH, spread } from "./tile.ts";

/** Pixels of a share, at least. */
const SHARE = 512;
/** Values of all shares together, at most: 64 MB. */
const MOST = 2 ** 24;

/**
 * @param sources the input, or two that lie together as if their channels were joined
 * @param result [taps, in, out]
 */
export function filterGradient(
  backend: GpuBackend,
  g: ConvGeometry,
  sources: readonly TensorInfo[],
  dy: TensorInfo,
  result: TensorInfo,
): void {
  const taps = g.filter[0] * g.filter[1] * g.filter[2];
  const rows = taps * g.inChannels;
  const columns = g.outChannels;
  const pixels = g.samples * g.output[0] * g.output[1] * g.output[2];
  const first = sources[0]!.shape[sources[0]!.shape.length - 1]!;
  const scale = (backend.products ?? "f32") !== "f32" ? [f16Scale(backend, dy)] : [];
  const most = Math.max(1, Math.min(Math.floor(pixels / SHARE), Math.floor(MOST / (rows * columns)), 65535));
  const sums = {
    geometry: { filter: g.filter, stride: g.stride, dilation: g.dilation },
    sources: sources.length,
    fours: g.inChannels % 4 === 0 && first % 4 === 0,
    outFours: columns % 4 === 0,
    scaled: scale.length > 0,
  };
  const parts = runProduct(backend, {
    label: "filter gradient",
    about: [...layerOf(g), ...g.input, ...g.output, ...g.before, pixels, first, rows, columns],
    text: () => filterText(sums),
    along: "rows",
    size: [rows, columns],
    shares: most,
    job(tile) {
      const tiles = [Math.ceil(rows / tile.rows), Math.ceil(columns / tile.columns)] as const;
      const shares = Math.min(Math.ceil(ENOUGH / (tiles[0] * tiles[1])), most);
      const share = Math.ceil(pixels / shares / tile.depth) * tile.depth;
      const numbers = [
        ...[...g.input, g.samples],
        ...[...g.output, pixels],
        ...[...g.before, g.inChannels],
        ...[first, columns, rows, share],
      ];
      return {
        tensors: [...sources, dy, ...scale, ...(shares === 1 ? [result] : [])],
        scratch: shares === 1 ? undefined : [shares, rows, columns],
        numbers: Uint32Array.from(numbers, (n) => n >>> 0),
        groups: [...tiles, shares],
      };
    },
  });
  for (const { dataId } of scale) backend.disposeData(dataId);
  if (!parts) return;
  const [x, z] = spread(Math.ceil((rows * columns) / 64));
  dispatch(backend, SUM, [parts, result], [rows * columns, parts.shape[0]!, 0, 0], [x, 1, z]);
  backend.disposeData(parts.dataId);
}

const SUM = {
  label: "sum of shares",
  code: `
struct Sizes { length: u32, shares: u32 }
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let n = id.x + id.z * groups.x * 64;
  if (n >= sizes.length) { return; }
  var sum = 0.0;
  for (var s = 0u; s < sizes.shares; s++) { sum += x[s * sizes.length + n]; }
  y[n] = sum;
}`,
};
