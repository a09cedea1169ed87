import type { BiasFieldSettings } from "./bias-field-options.ts";
import { fft } from "./fft.ts";

/**
 * What log intensities would be without the bias field, which blurs their histogram: the histogram is deconvolved by a Gaussian (a Wiener filter),
 * and each intensity goes to the value expected behind it. Sled, Zijdenbos and Evans, "A nonparametric method for automatic
 * correction of intensity nonuniformity in MRI data", IEEE TMI 1998, equations 10 to 14, with N4's constants.
 *
 * @param values log intensities
 * @param inside indices of the values that count
 * @param out gets the sharpened ones at these indices
 */
export function sharpen(
  values: Float64Array,
  inside: Int32Array,
  out: Float64Array,
  { bins, fwhm, noise }: Pick<BiasFieldSettings, "bins" | "fwhm" | "noise">,
): void {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let n = 0; n < inside.length; n++) {
    const v = values[inside[n]!]!;
    if (v < low) low = v;
    if (v > high) high = v;
  }
  if (!(high > low)) {
    for (let n = 0; n < inside.length; n++) out[inside[n]!] = values[inside[n]!]!;
    return;
  }
  const width = (high - low) / (bins - 1);
  const histogram = new Float64Array(bins + 1);
  for (let n = 0; n < inside.length; n++) {
    const place = (values[inside[n]!]! - low) / width;
    const bin = Math.floor(place);
    histogram[bin]! += 1 - (place - bin); // shared between the two nearest bins
    histogram[bin + 1]! += place - bin;
  }
  const expected = expectation(histogram.subarray(0, bins), low, width, fwhm, noise);
  for (let n = 0; n < inside.length; n++) {
    const place = (values[inside[n]!]! - low) / width;
    const bin = Math.min(bins - 2, Math.floor(place));
    out[inside[n]!] = expected[bin]! + (expected[bin + 1]! - expected[bin]!) * (place - bin);
  }
}

/** E(u | v) for the middle of each bin: u are the true log intensities, v the blurred ones. */
function expectation(
  histogram: Float64Array,
  low: number,
  width: number,
  fwhm: number,
  noise: number,
): Float64Array {
  const bins = histogram.length;
  const size = 2 ** (Math.ceil(Math.log2(bins)) + 1); // room for what the convolution wraps around
  const offset = (size - bins) >> 1;
  const blur = gaussianSpectrum(size, fwhm / width);
  const re = new Float64Array(size);
  const im = new Float64Array(size);
  re.set(histogram, offset);
  fft(re, im);
  for (let i = 0; i < size; i++) {
    const wiener = blur[i]! / (blur[i]! * blur[i]! + noise); // a symmetric Gaussian's spectrum is real
    re[i]! *= wiener;
    im[i]! *= wiener;
  }
  fft(re, im, true);
  const sharp = re.map((v) => Math.max(0, v));
  const weighted = sharp.map((v, i) => v * (low + (i - offset) * width));
  const above = convolved(weighted, blur);
  const below = convolved(sharp, blur);
  return Float64Array.from({ length: bins }, (_, i) => {
    const p = below[i + offset]!;
    return p !== 0 ? above[i + offset]! / p : 0;
  });
}

function convolved(values: Float64Array, spectrum: Float64Array): Float64Array {
  const re = values.slice();
  const im = new Float64Array(values.length);
  fft(re, im);
  for (let i = 0; i < re.length; i++) {
    re[i]! *= spectrum[i]!;
    im[i]! *= spectrum[i]!;
  }
  fft(re, im, true);
  return re;
}

/** Of a Gaussian of unit sum, centred at 0, whose full width at half maximum is `fwhm` bins. */
function gaussianSpectrum(size: number, fwhm: number): Float64Array {
  const re = new Float64Array(size);
  const factor = (4 * Math.LN2) / (fwhm * fwhm);
  const scale = (2 * Math.sqrt(Math.LN2 / Math.PI)) / fwhm;
  for (let i = 0; i < size; i++) {
    const distance = Math.min(i, size - i);
    re[i] = scale * Math.exp(-distance * distance * factor);
  }
  fft(re, new Float64Array(size));
  return re;
}
