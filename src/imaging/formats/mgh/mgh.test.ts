import { expect, it } from "vitest";
import { errorOf } from "../../../../test/support/error-of.ts";
import { asFormatFiles, describeCases, formatCases } from "../../../../test/support/format-cases.ts";
import { testFormat } from "../../../host/testing/index.ts";
import { Volume } from "../../volume/index.ts";
import { decodeVolume, isGzip, mgh } from "../index.ts";

const cases = formatCases("mgh");

describeCases("MGH against nibabel", cases);

it("keeps the contract", async () => {
  // nibabel puts scan parameters behind the voxels; without them a file is whole.
  const files = asFormatFiles(cases, (bytes, { values, frames = 1, dtype }) =>
    isGzip(bytes)
      ? bytes
      : bytes.slice(0, 284 + values!.length * frames * { uint8: 1, int16: 2, float32: 4 }[dtype!]!),
  );
  const report = await testFormat(mgh, { files });
  expect(report.checks.filter(({ passed }) => !passed)).toEqual([]);
});

it("keeps marks after the voxels, and widens types that it lacks", async () => {
  const shape = [2, 1, 1] as const;
  for (const [data, stored] of [
    [Int8Array.of(-128, 127), Int16Array],
    [Uint16Array.of(0, 65535), Int32Array],
    [Uint32Array.of(0, 70_000), Int32Array],
    [Float64Array.of(0.5, Number.NaN), Float32Array],
  ] as const) {
    const [bytes] = [
      ...(await mgh.write!(new Volume({ shape, data, unit: "HU", simulated: true }))).values(),
    ];
    const read = await decodeVolume(bytes!);
    expect(read.data).toBeInstanceOf(stored);
    expect([...read.data]).toEqual([...data]);
    expect([read.unit, read.simulated]).toEqual(["HU", true]);
  }
  for (const data of [Uint32Array.of(0, 2 ** 32 - 1), Float64Array.of(0.1, 0)]) {
    const error = await errorOf(mgh.write!(new Volume({ shape, data })));
    expect([error.kind, error.where]).toEqual(["unsupported", "volume.mgh"]);
  }
});
