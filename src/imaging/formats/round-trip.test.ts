// Property tests: any shape, type, byte order, affine, packed or not, through each form that can be written.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { zlibEngine } from "../../host/node/gzip-engine.ts";
import {
  type Affine,
  IMAGE_ORIGINS,
  invertAffine,
  type Triple,
  Volume,
  type VolumeData,
} from "../volume/index.ts";
import { decodeVolume, metaimage, mgh, nifti, nrrd, type VolumeFormat } from "./index.ts";

const ARRAYS = [
  Int8Array,
  Uint8Array,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
] as const;
type Data = (typeof ARRAYS)[number];

/** Any bits: NaN, infinities and denormals among the floats. */
const voxels = (array: Data, count: number) =>
  fc
    .uint8Array({ minLength: count * array.BYTES_PER_ELEMENT, maxLength: count * array.BYTES_PER_ELEMENT })
    .map((bytes) => new array(bytes.slice().buffer) as VolumeData);

/** Turned, mirrored, sheared, with voxels of 0.1 to 10 mm. Singular ones and those near it are left out. */
const affine: fc.Arbitrary<Affine> = fc
  .record({
    axes: fc.constantFrom([0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]),
    signs: fc.array(fc.constantFrom(-1, 1), { minLength: 3, maxLength: 3 }),
    spacing: fc.array(fc.double({ min: 0.1, max: 10, noNaN: true }), { minLength: 3, maxLength: 3 }),
    lean: fc.array(fc.oneof(fc.constant(0), fc.double({ min: -0.3, max: 0.3, noNaN: true })), {
      minLength: 9,
      maxLength: 9,
    }),
    origin: fc.array(fc.double({ min: -500, max: 500, noNaN: true }), { minLength: 3, maxLength: 3 }),
  })
  .map(({ axes, signs, spacing, lean, origin }) => {
    const row = (r: number) => [
      ...[0, 1, 2].map((c) => ((axes[c] === r ? signs[c]! : 0) + lean[3 * r + c]!) * spacing[c]!),
      origin[r]!,
    ];
    return [...row(0), ...row(1), ...row(2), 0, 0, 0, 1];
  })
  .filter((a) => invertAffine(a).every((v) => Math.abs(v) < 1e4));

const volume: fc.Arbitrary<Volume> = fc
  .record({
    shape: fc.tuple(
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 4 }),
    ),
    array: fc.constantFrom(...ARRAYS),
    affine,
    unit: fc.constantFrom("HU" as const, "arbitrary" as const, "unknown" as const),
    simulated: fc.boolean(),
    trainedOn: fc.option(fc.constantFrom(...IMAGE_ORIGINS), { nil: undefined }),
  })
  .chain(({ shape, array, ...rest }) =>
    voxels(array, shape[0] * shape[1] * shape[2]).map(
      (data) => new Volume({ shape: shape as Triple, data, ...rest }),
    ),
  );

const how = fc.record({
  gzip: fc.boolean(),
  byteOrder: fc.constantFrom("little" as const, "big" as const),
  engine: fc.constantFrom(undefined, zlibEngine),
});

/** Each form with its digits for the affine: float32 has 2^-24 of the largest number in a row. */
const FORMS: readonly (readonly [string, VolumeFormat, string, number])[] = [
  ["NIfTI-1", nifti, "a.nii", 2 ** -23],
  ["NIfTI-1 pair", nifti, "a.hdr", 2 ** -23],
  ["NIfTI-2", nifti, "a.nii", 0],
  ["NIfTI-2 pair", nifti, "a.hdr", 0],
  ["mha", metaimage, "a.mha", 1e-14],
  ["mhd", metaimage, "a.mhd", 1e-14],
  ["nrrd", nrrd, "a.nrrd", 0],
  ["nhdr", nrrd, "a.nhdr", 0],
  ["mgh", mgh, "a.mgh", 2 ** -21],
];

describe("what is written comes back", () => {
  it.each(FORMS)("%s", async (form, format, name, digits) => {
    await fc.assert(
      fc.asyncProperty(volume, how, async (drawn, { engine, ...options }) => {
        // A scaling beyond float32 makes it NIfTI-2.
        const scaling = { slope: 1e-60, intercept: 0 };
        const before = form.startsWith("NIfTI-2") ? drawn.with({ scaling }) : drawn;
        if (format === mgh && !fitsMgh(before)) return;
        const given = engine ? { ...options, engine } : options;
        const files = await format.write!(before, { name, ...given });
        const main = files.get(name)!;
        const companion = async (other: string) => files.get(other);
        const after = await decodeVolume(main, { name, companion, ...(engine ? { engine } : {}) });
        expect(after.meta.format).toMatch(
          form.startsWith("NIfTI") ? form.slice(0, 7) : /^(MetaImage|NRRD|MGH)/,
        );
        expect(after.shape).toEqual(before.shape);
        expect(after.scaling).toEqual(before.scaling);
        if (format !== mgh) expect(after.data).toEqual(before.data);
        else expect([...after.data].map((v) => v + 0)).toEqual([...before.data].map((v) => v + 0));
        for (const [i, expected] of before.affine.entries()) {
          const size = Math.max(...before.affine.slice(4 * (i >> 2), 4 * (i >> 2) + 4).map(Math.abs));
          expect(Math.abs(after.affine[i]! - expected), `affine[${i}]`).toBeLessThanOrEqual(digits * size);
        }
        expect([after.unit, after.simulated, after.trainedOn]).toEqual([
          before.unit,
          before.simulated,
          before.trainedOn,
        ]);
      }),
      { numRuns: 150, seed: 7 },
    );
  });
});

/** MGH has uint8, int16, int32 and float32; the rest must fit one of them. */
function fitsMgh({ data }: Volume): boolean {
  if (data instanceof Float64Array) return data.every((v) => Object.is(Math.fround(v), v));
  return !(data instanceof Uint32Array) || data.every((v) => v < 2 ** 31);
}
