/** The real CT of ../shared: original slices with gantry tilt and uneven spacing, against the same scan resampled by others. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { quantileOfSorted, resample, type Volume } from "../../volume/index.ts";
import { decodeVolume } from "../index.ts";
import { dicom } from "./index.ts";

const shared = fileURLToPath(new URL("../../../../../shared/data/", import.meta.url));
const missing = !existsSync(join(shared, "dicom_ct_ge"));
const why = missing ? " (skipped: ../shared/data/dicom_ct_ge is absent)" : "";

describe.skipIf(missing)(`a tilted, unevenly spaced head CT${why}`, () => {
  let ct: Volume;
  let theirs: Volume;
  let valid: Volume;

  beforeAll(async () => {
    const names = readdirSync(join(shared, "dicom_ct_ge")).reverse();
    const bytesOf = (name: string) => new Uint8Array(readFileSync(join(shared, name)));
    ct = await dicom.readFiles!(names.map((name) => ({ name, bytes: bytesOf(`dicom_ct_ge/${name}`) })));
    theirs = await decodeVolume(bytesOf("ct_head/ge_head_ct_hu_1x1x2.nii.gz"));
    valid = await decodeVolume(bytesOf("ct_head/ge_head_ct_valid.nii.gz"));
  });

  it("becomes a straight volume in HU", () => {
    expect(ct.shape).toEqual([512, 611, 37]);
    expect(ct.unit).toBe("HU");
    expect(ct.meta).toMatchObject({
      resampled: "gantry tilt of 18.5°, uneven spacing of 1.081 to 6.999 mm",
      paddingValue: -1500,
    });
    const column = (c: number) => [0, 1, 2].map((r) => ct.affine[4 * r + c]! / ct.spacing[c]!);
    for (const [a, b] of [
      [0, 1],
      [1, 2],
      [2, 0],
    ] as const)
      expect(Math.abs(column(a).reduce((sum, v, r) => sum + v * column(b)[r]!, 0))).toBeLessThan(1e-9);
  });

  it("has the HU of the reference inside its valid mask", () => {
    // Onto the reference's grid (1x1x2 mm), padding (-1500 here) clipped to the reference's lowest value, -1024.
    const ours = resample(ct, { like: theirs, antialias: false })
      .values()
      .map((v) => Math.max(v, -1024));
    const inside = [...valid.data.keys()].filter((i) => valid.data[i] === 1);
    const other = theirs.values();
    const of = (values: Float32Array) => {
      const sorted = Float32Array.from(inside, (i) => values[i]!).sort();
      const mean = sorted.reduce((sum, v) => sum + v, 0) / sorted.length;
      const sd = Math.sqrt(sorted.reduce((sum, v) => sum + (v - mean) ** 2, 0) / sorted.length);
      return { mean, sd, at: (q: number) => quantileOfSorted(sorted, q) };
    };
    const [a, b] = [of(ours), of(other)];
    const mae = inside.reduce((sum, i) => sum + Math.abs(ours[i]! - other[i]!), 0) / inside.length;
    expect(inside.length).toBe(4_216_750);
    expect(Math.abs(a.mean - b.mean)).toBeLessThan(2);
    expect(Math.abs(a.sd - b.sd)).toBeLessThan(3);
    for (const q of [0.25, 0.5, 0.75, 0.9, 0.95])
      expect(Math.abs(a.at(q) - b.at(q)), `quantile ${q}`).toBeLessThan(5);
    expect(mae).toBeLessThan(13);
  });
});
