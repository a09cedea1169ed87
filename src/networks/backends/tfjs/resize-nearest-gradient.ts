import type { Tf } from "../backend.ts";
import { hostKernel, type KernelArguments, replaceKernel, type TensorInfo } from "./register.ts";

/**
 * Replaces `ResizeNearestNeighborGrad`: tfjs 4.22's cpu kernel is wrong for batches larger than 1. Each gradient
 * value goes back to the source pixel that the forward pass read, by the forward pass's own rule.
 */
export function registerResizeNearestGradient(tf: Tf, backendName: string): void {
  replaceKernel(tf, backendName, "ResizeNearestNeighborGrad", gradient);
}

function gradient({ inputs, backend, attrs }: KernelArguments): TensorInfo {
  const { images, dy } = inputs as { images: TensorInfo; dy: TensorInfo };
  const { alignCorners, halfPixelCenters } = attrs as { alignCorners: boolean; halfPixelCenters?: boolean };
  const [n, h, w, c] = images.shape as [number, number, number, number];
  const [, outH, outW] = dy.shape as [number, number, number, number];
  const { output, out, views } = hostKernel(backend, [dy], images.shape);
  const source = views[0]!;
  const rows = sourceIndex(h, outH, alignCorners, halfPixelCenters ?? false);
  const columns = sourceIndex(w, outW, alignCorners, halfPixelCenters ?? false);
  out.fill(0);
  let p = 0;
  for (let b = 0; b < n; b++)
    for (let y = 0; y < outH; y++)
      for (let x = 0; x < outW; x++) {
        const q = ((b * h + rows[y]!) * w + columns[x]!) * c;
        for (let k = 0; k < c; k++, p++) out[q + k] = out[q + k]! + source[p]!;
      }
  return output;
}

function sourceIndex(
  size: number,
  newSize: number,
  alignCorners: boolean,
  halfPixelCenters: boolean,
): Int32Array {
  const corners = alignCorners && newSize > 1;
  const scale = corners ? (size - 1) / (newSize - 1) : size / newSize;
  return Int32Array.from({ length: newSize }, (_, i) => {
    const place = halfPixelCenters ? scale * (i + 0.5) : scale * i;
    return Math.min(size - 1, alignCorners ? Math.round(place) : Math.floor(place));
  });
}
