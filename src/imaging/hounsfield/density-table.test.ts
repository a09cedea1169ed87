import { describe, expect, it } from "vitest";
import { assertDensityTable, DENSITY_TABLES, densityOf, parseRedTable } from "./index.ts";

describe("density tables", () => {
  it("matrad: its points, halves between them, and its ends beyond", () => {
    const red = densityOf(DENSITY_TABLES.matrad);
    for (const { hu, density } of DENSITY_TABLES.matrad.points) expect(red(hu)).toBe(density);
    // By hand: 0.00324 + 1024 / 1224 * 1.19676 at 0 HU
    expect(red(0)).toBeCloseTo(0.00324 + (1024 / 1224) * 1.19676, 14);
    expect(red(-412)).toBeCloseTo((0.00324 + 1.2) / 2, 14);
    expect(red(1224.5)).toBeCloseTo((1.20001 + 2.49066) / 2, 14);
    expect([red(-3000), red(Number.NEGATIVE_INFINITY)]).toEqual([0.00324, 0.00324]);
    expect([red(9000), red(Number.POSITIVE_INFINITY)]).toEqual([2.53061, 2.53061]);
    expect(red(Number.NaN)).toBeNaN();
  });

  it("thomas jumps above 100 HU", () => {
    const red = densityOf(DENSITY_TABLES.thomas);
    for (const hu of [-1000, -500, -1, 0, 99]) expect(red(hu)).toBeCloseTo(1 + hu / 1000, 14);
    expect(red(100)).toBe(1.1);
    for (const hu of [100.0001, 101, 1000, 3071]) expect(red(hu)).toBeCloseTo(1 + hu / 1950, 14);
    expect(red(-1024)).toBe(0);
  });

  it("schneider meets its four lines, in g/cm³", () => {
    const mass = densityOf(DENSITY_TABLES.schneider);
    expect(DENSITY_TABLES.schneider.quantity).toBe("mass");
    expect(mass(-100)).toBeCloseTo((1.025793065681423 * 900 - 5.680404011488714) / 1000, 12);
    expect(mass(0)).toBeCloseTo((0.9082709691264 * 1000 + 103.6151457847139) / 1000, 6);
    expect(mass(200)).toBeCloseTo((0.5108369316599 * 1200 + 539.9977189228704) / 1000, 5);
    expect(mass(1000)).toBeCloseTo((0.6625370912451 * 2000 + 348.8555178455294) / 1000, 5);
    expect(mass(-1024)).toBe(0);
  });

  it.each([
    [[[0, 1]], /at least two points/],
    [
      [
        [0, 1],
        [Number.NaN, 2],
      ],
      /point 2 \(NaN HU, 2\) is not finite/,
    ],
    [
      [
        [0, 1],
        [5, -2],
      ],
      /point 2 \(5 HU, -2\) has a negative density/,
    ],
    [
      [
        [5, 1],
        [0, 1],
      ],
      /point 2 \(0 HU, 1\) comes after 5 HU; sort/,
    ],
    [
      [
        [5, 1],
        [5, 2],
        [5, 3],
      ],
      /third of its HU/,
    ],
  ])("refuses %j", (pairs, message) => {
    const points = (pairs as number[][]).map(([hu, density]) => ({ hu: hu!, density: density! }));
    expect(() => assertDensityTable({ name: "t", quantity: "red", source: "", points }, "t")).toThrow(
      message,
    );
  });
});

describe("parseRedTable", () => {
  it("reads commas, semicolons, tabs, blanks, titles, comments and CRLF", () => {
    const expected = [
      { hu: -1000, density: 0.001 },
      { hu: 0, density: 1 },
      { hu: 1000, density: 1.5 },
    ];
    for (const text of [
      "HU,RED\n-1000,0.001\n0,1\n1000,1.5\n",
      "\uFEFF# scanner\r\n-1000;0.001\r\n\r\n0 ; 1 # water\r\n1e3;1.5",
      "-1000\t0.001\n0\t1\n1000\t1.5",
      "   -1000   0.001\n 0 1\n1000 1.5",
    ])
      expect(parseRedTable(text).points, text).toEqual(expected);
    expect(parseRedTable("0 1\n1 2", { name: "ours", source: "a paper" })).toMatchObject({
      name: "ours",
      source: "a paper",
      quantity: "red",
    });
  });

  it.each([
    ["", /table: a density table needs at least two points/],
    ["0,1\nHU,RED\n5,2", /line 2 must be two numbers/],
    ["HU,RED\nname,of\n0,1", /line 2 must be two numbers/],
    ["0,1\n5,2,3", /line 2 must be two numbers, HU and density, got "5,2,3"/],
    ["0,1\n5,1,2", /line 2/],
    ["0,1\n5", /line 2 must be two numbers/],
    ["0,1\n5,", /line 2 must be two numbers/],
    ["5,1\n0,2", /comes after 5 HU/],
    ["0,1\n5,Infinity", /line 2/],
  ])("refuses %j", (text, message) => {
    expect(() => parseRedTable(text)).toThrow(message);
  });
});
