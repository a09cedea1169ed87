import type { Random } from "../../../base/random/index.ts";
import {
  BIAS_ORDER,
  biasTerms,
  multiplyByCoil,
  multiplyByPolynomial,
  type SurfaceCoil,
} from "../../../imaging/artefacts/index.ts";
import type { Triple } from "../../../imaging/volume/index.ts";
import type { Augmentation } from "./augmentation.ts";
import { aboveOutside, changeInputs, type InputImage } from "./change-inputs.ts";
import { boundsOf, checkInteger, checkShare, drawn, type RandomRange } from "./settings.ts";

/** Options of `augmentations.biasField`. */
export interface BiasFieldAugmentationOptions {
  /** How often each input is changed. Default 0.25. */
  readonly share?: number;
  /** Of the polynomial, 1 to 3. Default 3, as TorchIO. */
  readonly order?: number;
  /** Coefficients of the polynomial are drawn from this. Default 0.5 (-0.5 to 0.5), as TorchIO; 0 leaves the surface coil alone. */
  readonly coefficients?: RandomRange;
  /** How many of the changed inputs were taken by a surface coil as well. Default 0.35, as many as of random heads. */
  readonly coil?: number;
  /** Radius of the coil, mm. Default [100, 250]: at 100 a head's far side has a tenth of the near side's signal, at 250 a half. */
  readonly radius?: readonly [low: number, high: number];
}

/**
 * Uneven brightness, each input's own: smooth shading as e to a polynomial, and at times a surface coil at one side. Only what lies above the background is
 * multiplied.
 */
export function biasField(options: BiasFieldAugmentationOptions = {}): Augmentation {
  const where = { call: "augmentations.biasField" };
  const share = checkShare(options.share ?? 0.25, where);
  const order = checkInteger(options.order ?? 3, "order", where, [1, BIAS_ORDER]);
  const coefficients = boundsOf(options.coefficients ?? 0.5, "coefficients", where, { neutral: 0 });
  const coil = checkShare(options.coil ?? 0.35, where, "coil");
  const radius = boundsOf(options.radius ?? [100, 250], "radius", where, { above: 0, pair: true });
  return {
    name: "biasField",
    about: "shades inputs smoothly, or as surface coils do",
    toJSON: () => ({ name: "biasField", share, order, coefficients, coil, radius }),
    apply: (sample, random) =>
      changeInputs(sample, random, share, ({ channels, shape, spacing, outside }) => {
        const terms = Float64Array.from({ length: biasTerms(order) }, () => drawn(random, coefficients));
        terms[0] = 0; // the gain
        const surface =
          random.next() < coil ? surfaceCoil(random, drawn(random, radius), { shape, spacing }) : undefined;
        for (const plane of channels)
          aboveOutside(plane, outside, (signal) => {
            multiplyByPolynomial(signal, shape, order, terms);
            if (surface) multiplyByCoil(signal, shape, spacing, surface);
          });
      }),
  };
}

/** A coil at the image's edge, in any direction. */
function surfaceCoil(
  random: Random,
  radius: number,
  { shape, spacing }: Pick<InputImage, "shape" | "spacing">,
): SurfaceCoil {
  const half = shape.map((n, axis) => (n > 1 ? (n * spacing[axis]!) / 2 : 0));
  const direction = half.map(() => random.normal());
  const length = Math.hypot(...direction.map((d, axis) => (half[axis]! > 0 ? d : 0)));
  const centre = direction.map((d, axis) => (d / length) * half[axis]!) as unknown as Triple;
  return { centre, radius };
}
