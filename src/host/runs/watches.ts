import { fail, orNearest } from "../../base/errors/index.ts";
import { Metrics } from "../../evaluation/metrics/index.ts";
import { mae, type Watch } from "../../road/training/index.ts";

/** What `--metric` can name: metrics as SynthRAD2023 defines them, over the scored voxels. */
export const WATCHES: Readonly<Record<string, Watch>> = {
  mae,
  rmse: /* @__PURE__ */ watching("rmse", "HU", "lower", "root of the mean squared error"),
  psnr: /* @__PURE__ */ watching("psnr", "dB", "higher", "peak signal-to-noise ratio"),
  ssim: /* @__PURE__ */ watching("ssim", "", "higher", "structural similarity"),
};

/** @throws MidashError `not-found` with the nearest name */
export function watchNamed(name: string, where: string): Watch {
  const found = Object.hasOwn(WATCHES, name) ? WATCHES[name] : undefined;
  return (
    found ??
    fail("not-found", `unknown metric "${name}"`, { where, hint: orNearest(name, Object.keys(WATCHES)) })
  );
}

function watching(
  metric: "rmse" | "psnr" | "ssim",
  unit: string,
  better: Watch["better"],
  about: string,
): Watch {
  return {
    name: metric.toUpperCase(),
    about,
    unit,
    better,
    async of(sct, ct, mask) {
      const report = await Metrics.evaluate(sct, ct, { mask, preset: "synthrad2023" });
      return report[metric].value;
    },
  };
}
