import { expect, test } from "vitest";
import { fitsPattern } from "./pattern.ts";

test.each([
  ["encoder.0.weight", "encoder.0.weight", true],
  ["encoder.0.weight", "encoder.0.weights", false],
  ["encoder.*", "encoder.0.weight", true],
  ["encoder.*", "encoder.", true],
  ["encoder.*", "decoder.0.weight", false],
  ["*.bias", "up.0.bias", true],
  ["*.0.*.bias", "up.0.bias", false],
  ["*.0.*.bias", "up.0.1.bias", true],
  ["a*b*c", "abbc", true],
  ["ab*ba", "aba", false],
  ["*", "", true],
  ["", "", true],
  ["", "a", false],
  ["a.b", "axb", false],
] as const)("%s for %s: %s", (pattern, text, fits) => expect(fitsPattern(pattern, text)).toBe(fits));
