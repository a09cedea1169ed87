import { expect, it } from "vitest";
import { affineFromSpacing, Volume } from "../volume/index.ts";
import { DENSITY_TABLES, massDensity, parseRedTable, relativeElectronDensity } from "./index.ts";

const ct = new Volume({
  shape: [7, 1, 1],
  data: Int16Array.of(0, 1024, 1224, 1473, 3024, 5000, 812),
  scaling: { slope: 1, intercept: -1024 },
  affine: affineFromSpacing([1, 2, 3]),
  unit: "HU",
  simulated: true,
});

it("is exact at the points of the default table, beyond them and between, through the scaling", async () => {
  const red = await relativeElectronDensity(ct);
  const expected = [0.00324, 0.00324 + (1024 / 1224) * 1.19676, 1.2, 1.20001, 2.49066, 2.53061];
  // The last voxel: -212 HU.
  const last = 0.00324 + (812 / 1224) * 1.19676;
  expect([...red.data]).toEqual([...expected, last].map(Math.fround));
  expect(red.data).toBeInstanceOf(Float32Array);
  expect([red.unit, red.simulated, red.affine, red.scaling.slope]).toEqual(["unknown", true, ct.affine, 1]);
  expect(red.meta).toEqual({ quantity: "relative electron density, water = 1", table: "matrad" });
});

it("takes a table of one's own, and mass densities", async () => {
  const table = parseRedTable("-1000 0\n1000 2", { name: "ours" });
  expect([...(await relativeElectronDensity(ct, { table })).data].slice(0, 4)).toEqual(
    [0, 1, 1.2, 1.449].map(Math.fround),
  );
  const mass = await massDensity(ct);
  expect(mass.data[1]).toBeCloseTo(1.0118861, 6);
  expect(mass.meta).toEqual({ quantity: "mass density, g/cm³", table: "schneider" });
});

it("keeps NaN, and refuses other units, other tables, aborted signals", async () => {
  const hole = ct.with({ data: Float32Array.of(Number.NaN, 0, 0, 0, 0, 0, 0) });
  expect((await relativeElectronDensity(hole)).data[0]).toBeNaN();
  await expect(relativeElectronDensity(ct.with({ unit: "arbitrary" }))).rejects.toThrow(
    /unit is "arbitrary"/,
  );
  await expect(relativeElectronDensity(ct, { table: DENSITY_TABLES.schneider })).rejects.toThrow(
    /"schneider" gives mass density, g\/cm³, not relative electron density/,
  );
  await expect(massDensity(ct, { table: DENSITY_TABLES.thomas })).rejects.toThrow(/not mass density/);
  await expect(relativeElectronDensity(ct, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    kind: "aborted",
  });
});
