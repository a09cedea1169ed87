import { Random } from "../../base/random/index.ts";
import { mapTriple, quantiles, resample, shiftAffine, type Volume } from "../../imaging/volume/index.ts";
import { mapOutputs } from "./combine.ts";
import type { Predictor } from "./predictor.ts";

/** How far brightness is bent: SD of the exponent's logarithm. */
const BENT = 0.15;
/** SD of the noise, of what is bright. */
const NOISE = 0.02;

/**
 * A predictor that sees its images a little changed: shifted by a part of a voxel, bent in brightness, noisy. What should not depend on that but does, is
 * uncertain: asked several times (`draws`) it says where.
 */
export function shaken(predictor: Predictor): Predictor {
  return {
    inputs: predictor.inputs,
    facts: predictor.facts,
    async predict(inputs, how) {
      const random = Random.fork(how.seed, "shaken");
      const shift = mapTriple([0, 0, 0], () => random.uniform(-0.5, 0.5));
      const given = Object.entries(inputs).map(([name, volume]) => {
        const { shape, affine } = volume;
        const moved = resample(volume, {
          like: { shape, affine: shiftAffine(affine, shift) },
          fill: "border",
          antialias: false,
        });
        return [name, changed(moved, random)] as const;
      });
      const prediction = await predictor.predict(Object.fromEntries(given), how);
      const like = Object.values(inputs)[0]!;
      const back = (volume: Volume) => resample(volume, { like, fill: "border", antialias: false });
      const spread = Object.entries(prediction.spread).map(([name, volume]) => [name, back(volume)] as const);
      return {
        ...prediction,
        outputs: mapOutputs(prediction.outputs, back),
        spread: Object.fromEntries(spread),
      };
    },
    dispose: () => predictor.dispose(),
  };
}

function changed(volume: Volume, random: Random): Volume {
  const values = volume.values();
  const [low, high] = quantiles(values, [0.005, 0.995]) as [number, number];
  const range = high - low || 1;
  const exponent = Math.exp(BENT * random.normal());
  const data = values.map((value) => {
    const share = Math.max(0, (value - low) / range);
    return low + range * (share ** exponent + NOISE * random.normal());
  });
  return volume.with({ data });
}
