/** Numbers behind the charts. All loops give the page its turn. */
import { sliceValues, type Volume } from "@midash/core";

/** Values of an x axis and of a curve over it; undefined where there is nothing to show. */
export interface Curve {
  readonly x: readonly number[];
  readonly y: readonly (number | undefined)[];
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));
const BIN = 25;
const RANGE = { low: -1000, high: 2000 } as const;

/** mL of the head at each 25 HU. @param ml of one voxel */
export async function histogram(ct: Volume, labels: Volume, ml: number): Promise<Curve> {
  const counts = new Float64Array((RANGE.high - RANGE.low) / BIN);
  const { slope, intercept } = ct.scaling;
  for (let start = 0; start < ct.data.length; start += 1 << 20) {
    const end = Math.min(ct.data.length, start + (1 << 20));
    for (let n = start; n < end; n++) {
      if (labels.data[n] === 0) continue;
      const bin = Math.floor((slope * ct.data[n]! + intercept - RANGE.low) / BIN);
      if (bin >= 0 && bin < counts.length) counts[bin]!++;
    }
    await turn();
  }
  return {
    x: Array.from(counts, (_, bin) => RANGE.low + (bin + 0.5) * BIN),
    y: Array.from(counts, (count) => count * ml),
  };
}

/** Mean absolute error in the head, axial slice by axial slice from the feet up. */
export async function errorBySlice(sct: Volume, ct: Volume, labels: Volume): Promise<Curve> {
  const { count } = sliceValues(sct);
  const y: (number | undefined)[] = [];
  for (let index = 0; index < count; index++) {
    const [a, b, inside] = [sct, ct, labels].map((volume) => sliceValues(volume, { index }).data);
    let [sum, voxels] = [0, 0];
    for (let n = 0; n < a!.length; n++)
      if (inside![n]! > 0) {
        sum += Math.abs(a![n]! - b![n]!);
        voxels++;
      }
    y.push(voxels > 0 ? sum / voxels : undefined);
    if (index % 8 === 0) await turn();
  }
  return { x: y.map((_, n) => n + 1), y };
}
