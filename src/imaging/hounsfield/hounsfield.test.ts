import { describe, expect, it } from "vitest";
import { assertDensityClasses, DENSITY_CLASSES, HU_WINDOWS } from "./index.ts";

const A = { name: "a", min: -1000, max: 0, label: 1 };
const B = { name: "b", min: 0, max: 100, label: 2 };

describe("density classes", () => {
  it("the defaults are valid, cover every HU and cannot be changed", () => {
    expect(() => assertDensityClasses(DENSITY_CLASSES, "test")).not.toThrow();
    expect(DENSITY_CLASSES[0]!.min).toBe(Number.NEGATIVE_INFINITY);
    expect(DENSITY_CLASSES.at(-1)!.max).toBe(Number.POSITIVE_INFINITY);
    expect(DENSITY_CLASSES.map((c) => c.name)).toEqual(["air", "fat", "soft", "bone"]);
    expect(Object.isFrozen(DENSITY_CLASSES) && DENSITY_CLASSES.every(Object.isFrozen)).toBe(true);
  });

  it.each([
    [[], /1 to 255 classes/],
    [[{ ...A, name: "" }], /class 1 needs a name/],
    [[{ ...A, max: -1000 }], /min < max/],
    [[{ ...A, min: Number.NaN }], /min < max/],
    [[{ ...A, label: 0 }], /label from 1 to 255/],
    [[A, { ...B, min: -10 }], /"b".*starts at -10 HU, below the end of "a" at 0/],
    [[B, A], /starts at -1000 HU.*from low to high/],
    [[A, { ...B, min: 10 }], /gap between "a", ending at 0 HU, and "b", starting at 10/],
    [[A, { ...B, name: "a" }], /two classes have the name "a"/],
    [[A, { ...B, label: 1 }], /two classes have the label 1/],
  ])("refuses %j", (classes, message) => {
    expect(() => assertDensityClasses(classes, "test")).toThrow(message);
  });

  it("windows", () => {
    expect(HU_WINDOWS.bone).toEqual({ width: 1800, level: 400 });
    expect(HU_WINDOWS.lung.level - HU_WINDOWS.lung.width / 2).toBe(-1350);
  });
});
