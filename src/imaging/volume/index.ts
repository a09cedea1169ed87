/** Volumes in space: geometry, resampling, masks and statistics. No tensors, no files. */
export {
  type Affine,
  affineFromSpacing,
  applyAffine,
  invertAffine,
  mapTriple,
  multiplyAffines,
  shiftAffine,
  spacingOf,
  type Triple,
  voxelsIn,
} from "./affine.ts";
export { type BiasOptions, correctBias, estimateBiasField } from "./bias/bias-field.ts";
export {
  type BiasFieldOptions,
  type BiasFieldSettings,
  biasFieldSettings,
} from "./bias/bias-field-options.ts";
export type { BiasProgress } from "./bias/estimate.ts";
export {
  type BodyMaskOptions,
  bodyMask,
  dilateMask,
  type ForegroundMaskOptions,
  foregroundMask,
} from "./body-mask.ts";
export { boundingBox, type VoxelBox } from "./bounding-box.ts";
export { cleaned } from "./cleaned.ts";
export { fillHoles, keepLargestComponent, removeSmallComponents } from "./components.ts";
export { type CropForegroundOptions, cropForeground, padBack } from "./crop-foreground.ts";
export { cropOrPad, extract } from "./crop-pad.ts";
export { distanceTo, squaredDistances } from "./distance.ts";
export { assertSameGrid, describeGrid, type Grid, sameGrid, straightGrid } from "./grid.ts";
export { maskBytes } from "./mask-bytes.ts";
export { dilate, erode } from "./morphology.ts";
export { quantiles } from "./order-statistics.ts";
export {
  mirrored,
  obliquityOf,
  orientationOf,
  orientedGrid,
  rasWalk,
  reorient,
  type WorldAxis,
} from "./orientation.ts";
export { IMAGE_ORIGINS, type ImageOrigin } from "./origin.ts";
export { paddingOf } from "./padding.ts";
export { gridAtSpacing, type Interpolation, type ResampleOptions, resample } from "./resample.ts";
export { smoothInPlace } from "./smooth.ts";
export { finiteValues, percentiles, quantileOfSorted, type Statistics, statistics } from "./statistics.ts";
export { synthradMask } from "./synthrad-mask.ts";
export { backgroundOf, usualRange } from "./usual-range.ts";
export { type Scaling, type Unit, Volume, type VolumeData, type VolumeInit } from "./volume.ts";
