import { describe, expect, test } from "vitest";
import { warningText } from "../../base/errors/index.ts";
import { Volume } from "../volume/index.ts";
import { doubtHu, lookAtHu, looksLikeCt, takenForHu } from "./index.ts";

const n = 32;
const radius = (i: number) => Math.hypot((i % n) - 16, (Math.floor(i / n) % n) - 16);
/** A head around an axis: air, skin, skull, brain, a hollow; noise of 20 HU. */
const hu = Float32Array.from({ length: n ** 3 }, (_, i) => {
  const r = radius(i);
  const noise = ((i * 7919) % 41) - 20;
  return (r > 13 || r < 2 ? -1000 : r > 12 ? -90 : r > 11 ? 900 : 35) + noise;
});
const of = (data: Volume["data"], unit: Volume["unit"] = "HU") =>
  new Volume({ shape: [n, n, n], data, unit });
const says = (volume: Volume) => {
  const doubt = lookAtHu(volume, "ct.nii");
  return doubt && warningText(doubt);
};

describe("what is taken for a CT in HU", () => {
  test.each<[string, (v: number, i: number) => number, RegExp]>([
    [
      "+ 1024",
      (v) => v + 1024,
      /^ct.nii: does not look like HU but like HU \+ 1024: .*air is near -1000 HU; bring it to HU by scaling 1,-1024, or set its unit/,
    ],
    ["+ 1000", (v) => v + 1000, /like HU \+ 1000: .*scaling 1,-1000/],
    ["+ 1024, cut at 0", (v) => Math.max(0, v + 1024), /like HU \+ 1024/],
    ["rescaled twice", (v) => v - 1024, /like HU - 1024: .*scaling 1,1024/],
    ["signed numbers read as unsigned", (v) => v + 32_768, /like HU \+ 32768: .*scaling 1,-32768/],
    [
      "0 to 1",
      (v) => (v + 1024) / 4095,
      /normalised: its values are from 0.00 to 0.4\d; bring it to HU by scaling SLOPE,INTERCEPT/,
    ],
    ["-1 to 1", (v) => (v + 1024) / 2048 - 1, /normalised/],
    ["8 bits", (v) => Math.max(0, Math.min(255, Math.round((v + 160) / 1.6))), /picture of 8 bits/],
    [
      "an MR",
      (_, i) => (radius(i) > 13 ? 10 : 400) + (i % 7),
      /hardly looks like HU, it would be without air/,
    ],
    ["above 500", (v) => 2000 + v / 3, /would be bone everywhere/],
    ["air alone", (v) => Math.min(v, -700), /would be air everywhere/],
    ["filled with water", (v, i) => (radius(i) > 14.5 ? 0 : v), /filled with 0, which is water/],
  ])("%s is doubted", (_, change, expected) => {
    expect(says(of(hu.map(change)))).toMatch(expected);
  });

  test.each<[string, (v: number, i: number) => number]>([
    ["a CT", (v) => v],
    ["padded by -3024 outside a round field of view", (v, i) => (radius(i) > 14.5 ? -3024 : v)],
    ["padded by -2000", (v, i) => (radius(i) > 14.5 ? -2000 : v)],
    ["with NaN around", (v) => (v < -500 ? Number.NaN : v - (v < 0 ? 300 : 0))],
    ["a synthetic CT without noise", (v) => (v < -500 ? -1000 : Math.round(v))],
  ])("%s is not", (_, change) => {
    expect(says(of(hu.map(change)))).toBeUndefined();
  });

  test("a file or caller that says HU is believed", () => {
    const offset = hu.map((v) => v + 1024);
    expect(doubtHu(of(offset), "ct.nii")).toBeUndefined();
    expect(doubtHu(takenForHu(of(offset)), "ct.nii")).toBeUndefined();
    expect(doubtHu(takenForHu(of(offset, "unknown")), "ct.nii")).toMatchObject({
      code: "not-hu",
      where: "ct.nii",
    });
  });
});

describe("what looks like a CT of no known unit", () => {
  test.each<[string, (v: number, i: number) => number, boolean]>([
    ["a CT", (v) => v, true],
    ["a CT padded by -3024", (v, i) => (radius(i) > 14.5 ? -3024 : v), true],
    ["an MR", (_, i) => (radius(i) > 13 ? 10 : 400) + (i % 7), false],
    [
      "an MR with a negative rim, by interpolation",
      (_, i) => (radius(i) > 13 ? (radius(i) < 14 ? -250 : 0) : 900) + (i % 7),
      false,
    ],
    ["an MR less 1000", (_, i) => (radius(i) > 13 ? 10 : 40 * radius(i)) + 10 * (i % 70) - 1000, false],
    ["labels", (v) => (v < -200 ? 0 : v < 500 ? 1 : 2), false],
    ["HU + 1024", (v) => v + 1024, false],
  ])("%s: %s", (_, change, expected) => {
    expect(looksLikeCt(of(hu.map(change), "unknown"))).toBe(expected);
  });
});
