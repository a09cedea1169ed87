import { assert, type Where } from "../../base/errors/index.ts";

/** A point of a {@link DensityTable}. */
export interface DensityPoint {
  readonly hu: number;
  readonly density: number;
}

/**
 * HU to density, linear between points and constant beyond the first and the last. Two points of one HU are a jump: up to that
 * HU, itself included, the first counts, above it the second. Plain data; {@link DensityTable.points} rise.
 */
export interface DensityTable {
  readonly name: string;
  /** `red`: electrons per volume over those of water, no unit. `mass`: g/cm³. */
  readonly quantity: "red" | "mass";
  /** Where the numbers are from. */
  readonly source: string;
  readonly points: readonly DensityPoint[];
}

const points = (...pairs: readonly (readonly [number, number])[]): readonly DensityPoint[] =>
  Object.freeze(pairs.map(([hu, density]) => Object.freeze({ hu, density })));

/** k-Wave's fit in kg/m³ over x = HU + 1000, as g/cm³. */
const schneider = (x: number, slope: number, intercept: number) =>
  [x - 1000, (slope * x + intercept) / 1000] as const;

/**
 * The tables that ship.
 *
 * - `matrad`, the default: matRad's default HLUT, by which the doses of the SynthRAD challenges were computed. Rises with HU.
 * - `thomas`: max(0, 1 + HU / 1000) up to 100 HU, 1 + HU / 1950 above (Thomas, Br J Radiol 72, 1999). It falls from 1.100 to 1.051 at
 *   100 HU, so it is not monotone.
 * - `schneider`: mass density, by the four lines that k-Wave fitted to Schneider, Pedroni and Lomax (Phys Med Biol 41, 1996).
 */
export const DENSITY_TABLES = Object.freeze({
  matrad: Object.freeze({
    name: "matrad",
    quantity: "red",
    source: "matRad, dicom/hlutLibrary/matRad_default.hlut",
    points: points(
      [-1024, 0.00324],
      [200, 1.2],
      [449, 1.20001],
      [2000, 2.49066],
      [2048, 2.5306],
      [3071, 2.53061],
    ),
  }),
  thomas: Object.freeze({
    name: "thomas",
    quantity: "red",
    source: "Thomas, Br J Radiol 72 (1999) 781-786",
    points: points([-1000, 0], [100, 1.1], [100, 1 + 100 / 1950], [3071, 1 + 3071 / 1950]),
  }),
  schneider: Object.freeze({
    name: "schneider",
    quantity: "mass",
    source:
      "Schneider, Pedroni, Lomax, Phys Med Biol 41 (1996) 111-124, as fitted in k-Wave's hounsfield2density",
    points: points(
      [5.680404011488714 / 1.025793065681423 - 1000, 0],
      schneider(930, 1.025793065681423, -5.680404011488714),
      schneider(1098, 0.9082709691264, 103.6151457847139),
      schneider(1260, 0.5108369316599, 539.9977189228704),
      schneider(4071, 0.6625370912451, 348.8555178455294),
    ),
  }),
}) satisfies Readonly<Record<string, DensityTable>>;

/**
 * Checks that a table has points, finite, not negative, and rising in HU (two of one HU at most).
 *
 * @throws MidashError `invalid-argument`, naming the point at fault
 */
export function assertDensityTable(table: DensityTable, where: Where): void {
  const { points: all } = table;
  assert(Array.isArray(all) && all.length >= 2, "a density table needs at least two points", { where });
  all.forEach(({ hu, density }, n) => {
    const name = `point ${n + 1} (${hu} HU, ${density})`;
    assert(Number.isFinite(hu) && Number.isFinite(density), `${name} is not finite`, { where });
    assert(density >= 0, `${name} has a negative density`, { where });
    const before = all[n - 1]?.hu ?? Number.NEGATIVE_INFINITY;
    assert(hu >= before, `${name} comes after ${before} HU`, { where, hint: "sort the table by rising HU" });
    assert(!(hu === before && all[n - 2]?.hu === hu), `${name} is the third of its HU`, {
      where,
      hint: "a jump has two points",
    });
  });
}

/**
 * A function from HU to density. NaN stays NaN.
 *
 * @throws MidashError `invalid-argument` for fewer than two points, and points that are not finite, negative, or do not rise in HU
 */
export function densityOf(table: DensityTable, where: Where = { call: "densityOf" }): (hu: number) => number {
  assertDensityTable(table, where);
  const x = Float64Array.from(table.points, (p) => p.hu);
  const y = Float64Array.from(table.points, (p) => p.density);
  const last = x.length - 1;
  return (hu) => {
    if (hu <= x[0]!) return y[0]!;
    if (hu > x[last]!) return y[last]!;
    if (Number.isNaN(hu)) return hu;
    let n = 1;
    while (x[n]! < hu) n++;
    // At a point, its own density: interpolation would round.
    return hu === x[n] ? y[n]! : y[n - 1]! + ((hu - x[n - 1]!) / (x[n]! - x[n - 1]!)) * (y[n]! - y[n - 1]!);
  };
}
