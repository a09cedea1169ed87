import { describe, expect, expectTypeOf, test } from "vitest";
import { type OptionValues, option } from "./option.ts";
import { resolveOptions } from "./resolve-options.ts";

const table = {
  filters: option.integer({ default: 16, min: 1, max: 64, about: "channels" }),
  rate: option.number({ default: 0.5, min: 0, about: "share" }),
  norm: option.choice(["instance", "batch"], { default: "instance", about: "norm" }),
  dims: option.choice([2, 3], { default: 2, about: "dimensions" }),
  skip: option.boolean({ default: true, about: "skip connections" }),
  note: option.text({ default: "", about: "a note" }),
  channels: option.list({ default: [8, 16], min: 1, about: "channels of each level" }),
};

test("values have the types of the table", () => {
  expectTypeOf<OptionValues<typeof table>>().toEqualTypeOf<{
    readonly filters: number;
    readonly rate: number;
    readonly norm: "instance" | "batch";
    readonly dims: 2 | 3;
    readonly skip: boolean;
    readonly note: string;
    readonly channels: readonly number[];
  }>();
});

describe("resolveOptions", () => {
  test("fills in defaults; undefined stands for them", () => {
    const defaults = {
      filters: 16,
      rate: 0.5,
      norm: "instance",
      dims: 2,
      skip: true,
      note: "",
      channels: [8, 16],
    };
    expect(resolveOptions(table, {}, "net")).toEqual(defaults);
    expect(resolveOptions(table, { filters: undefined, dims: 3 }, "net")).toEqual({ ...defaults, dims: 3 });
  });

  test.each([
    [{ filter: 8 }, 'net: unknown option "filter"; did you mean "filters"?'],
    [{ zzz: 8 }, 'net: unknown option "zzz"; known are filters, rate, norm, dims, skip, note, channels'],
    [{ filters: 0 }, "net: filters must be a whole number from 1 to 64, got 0"],
    [{ filters: 2.5 }, "net: filters must be a whole number from 1 to 64, got 2.5"],
    [{ filters: "8" }, 'net: filters must be a whole number from 1 to 64, got "8"'],
    [{ rate: -1 }, "net: rate must be a number, 0 or more, got -1"],
    [{ rate: Number.NaN }, "net: rate must be a number, 0 or more, got null"],
    [{ norm: "layer" }, 'net: norm must be one of instance, batch, got "layer"'],
    [{ dims: "2" }, 'net: dims must be one of 2, 3, got "2"'],
    [{ skip: 1 }, "net: skip must be true or false, got 1"],
    [{ note: 1 }, "net: note must be text, got 1"],
    [{ channels: [] }, "net: channels must be a list, each a whole number, 1 or more, got []"],
    [{ channels: [8, 0] }, "net: channels must be a list, each a whole number, 1 or more, got [8,0]"],
    [[8], "net: options must be an object, got [8]"],
    [null, "net: options must be an object, got null"],
  ])("refuses %j", (given, message) => {
    expect(() => resolveOptions(table, given, "net")).toThrow(message);
  });

  test("a default that is no value of its option is refused when the table is made", () => {
    expect(() => option.integer({ default: 0, min: 1, about: "" })).toThrow(
      "option: the default 0 is not a whole number, 1 or more",
    );
    // @ts-expect-error the default must be one of the values
    expect(() => option.choice(["a", "b"], { default: "c", about: "" })).toThrow("is not one of a, b");
  });
});
