/** What scanners do to images: noise, thick slices, uneven coils, moving heads. On arrays, x fastest; no volumes, no files. */
export { addRicianNoise } from "./rician-noise.ts";
export { boxSigma, reslice } from "./thick-slices.ts";
