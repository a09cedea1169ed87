/** Numbers behind the charts. All loops give the page its turn. */
import { sliceValues, type Volume } from "@midash/core";
import type { ChartCurve } from "./parts/chart.tsx";

/** Values of an x axis and of curves over it. */
export interface Curves {
  readonly at: readonly number[];
  readonly curves: readonly ChartCurve[];
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));
const BIN = 25;
const RANGE = { low: -1000, high: 2000 } as const;

/** mL of the head at each 25 HU. @param cts by their names @param ml of one voxel */
export async function histograms(
  cts: Readonly<Record<string, Volume>>,
  labels: Volume,
  ml: number,
): Promise<Curves> {
  const curves: ChartCurve[] = [];
  for (const [name, ct] of Object.entries(cts)) {
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
    curves.push({ name, y: Array.from(counts, (count) => count * ml) });
  }
  const bins = (RANGE.high - RANGE.low) / BIN;
  return { at: Array.from({ length: bins }, (_, bin) => RANGE.low + (bin + 0.5) * BIN), curves };
}

/** A number of each axial slice from the feet up; undefined where no voxel of the head is in it. */
async function bySlice(
  volumes: readonly Volume[],
  labels: Volume,
  value: (...values: number[]) => number,
): Promise<(number | undefined)[]> {
  const { count } = sliceValues(labels);
  const y: (number | undefined)[] = [];
  for (let index = 0; index < count; index++) {
    const inside = sliceValues(labels, { index }).data;
    const slices = volumes.map((volume) => sliceValues(volume, { index }).data);
    let [sum, voxels] = [0, 0];
    for (let n = 0; n < inside.length; n++)
      if (inside[n]! > 0) {
        sum += value(...slices.map((slice) => slice[n]!));
        voxels++;
      }
    y.push(voxels > 0 ? sum / voxels : undefined);
    if (index % 8 === 0) await turn();
  }
  return y;
}

/** Mean HU in the head, and mean absolute error where there is a measured CT, axial slice by axial slice. */
export async function curvesBySlice(
  sct: Volume,
  ct: Volume | undefined,
  labels: Volume,
): Promise<{ readonly mean: Curves; readonly error?: Curves }> {
  const mean = [{ name: "sCT", y: await bySlice([sct], labels, (hu) => hu!) }];
  if (ct) mean.push({ name: "CT", y: await bySlice([ct], labels, (hu) => hu!) });
  const at = mean[0]!.y.map((_, n) => n + 1);
  if (!ct) return { mean: { at, curves: mean } };
  const error = await bySlice([sct, ct], labels, (a, b) => Math.abs(a! - b!));
  return { mean: { at, curves: mean }, error: { at, curves: [{ name: "MAE", y: error }] } };
}
