/** What scanners do to images: noise, thick slices, uneven coils, moving heads. On arrays, x fastest; no volumes, no files. */
export {
  BIAS_ORDER,
  biasTerms,
  multiplyByCoil,
  multiplyByPolynomial,
  type SurfaceCoil,
} from "./bias-fields.ts";
export { acquired, ghostShares, motionShares } from "./k-space.ts";
export { powerFunction } from "./power.ts";
export { addFastRicianNoise, addRicianNoise } from "./rician-noise.ts";
export { boxSigma, reslice } from "./thick-slices.ts";
