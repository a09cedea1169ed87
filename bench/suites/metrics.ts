import { throwIfAborted } from "../../src/base/errors/index.ts";
import { type MetricPreset, Metrics } from "../../src/evaluation/metrics/index.ts";
import { decodeVolume, encodeVolume } from "../../src/imaging/formats/index.ts";
import { headTissueTable, parametricHead, simulateFromLabels } from "../../src/imaging/phantom/index.ts";
import { bodyMask, type Triple, type Volume } from "../../src/imaging/volume/index.ts";
import type { Row, Settings, Suite, Task } from "../harness/suite.ts";

/** HU that the stand-in for a synthetic CT gains per unit of the MR: errors with structure, as a real one has. */
const HU_PER_UNIT = 0.15;

/**
 * The metrics of three presets on one volume of a whole head, in memory. The peer computes them with NumPy and scikit-image from
 * the same voxels, in float64 as we do, and must come to the same values.
 */
export const metrics: Suite = {
  name: "metrics",
  summary: "SSIM, PSNR and MAE of a volume, beside scikit-image",
  rows(size) {
    const shape: Triple = size === "small" ? [48, 56, 40] : [256, 256, 200];
    const row = (id: MetricPreset, what: string, peer: string): Row => ({
      id,
      what: `${what}, ${shape.join("×")}`,
      settings: { shape },
      peer,
      runs: size === "small" ? 2 : 5,
      warmUp: 1,
      tolerance: 1e-6,
    });
    return [
      row("synthrad2023", "MAE, PSNR and 3-D SSIM in the mask (synthrad2023)", "NumPy, scikit-image"),
      row(
        "synthrad2025",
        "MAE, PSNR and MS-SSIM in the mask (synthrad2025)",
        "NumPy, SciPy: the challenge's formula",
      ),
      row("slice2d", "MAE, PSNR and SSIM by axial slice (slice2d)", "NumPy, scikit-image"),
    ];
  },
  async prepare(rows, cache, signal) {
    for (const { settings } of rows) {
      let made: Promise<Record<string, Volume>> | undefined;
      for (const name of ["ct", "sct", "mask"])
        await cache.once(fileOf(settings, name), async () => {
          throwIfAborted(signal);
          made ??= simulatePair(settings.shape as Triple, signal);
          return encodeVolume((await made)[name]!, { format: "nifti", signal });
        });
    }
  },
  async task(row, settings, cache): Promise<Task> {
    const load = async (name: string) => decodeVolume(await cache.read(fileOf(settings, name)));
    const [ct, sct, mask] = [await load("ct"), await load("sct"), await load("mask")];
    let values: Record<string, number> = {};
    return {
      async work() {
        const report = await Metrics.evaluate(sct, ct, { preset: row as MetricPreset, mask });
        const { mae, psnr, ssim, msssim = ssim } = report;
        values = { mae: mae.value, psnr: psnr.value, ssim: msssim.value };
      },
      values: () => values,
      details: async () => ({ values }),
    };
  },
};

/** The CT of a simulated head, a stand-in for its synthetic CT, and the body. */
async function simulatePair(shape: Triple, signal?: AbortSignal): Promise<Record<string, Volume>> {
  const spacing = shape.map((n) => 256 / n) as unknown as Triple;
  const labels = await parametricHead({ seed: 7, shape, spacing, signal });
  const { ct, inputs } = await simulateFromLabels(labels, headTissueTable(), { seed: 7, signal });
  const mr = inputs.t1!.data;
  const data = Float32Array.from(ct.data as Int16Array, (hu, i) => hu + HU_PER_UNIT * (mr[i]! - 300));
  return { ct, sct: ct.with({ data }), mask: bodyMask(ct) };
}

function fileOf(settings: Settings, name: string): string {
  return `metrics-${(settings.shape as Triple).join("x")}-${name}.nii`;
}
