import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import fixture from "../../../test/fixtures/safetensors/python.json" with { type: "json" };
import { product } from "../../base/bytes/index.ts";
import { MidashError } from "../../base/errors/index.ts";
import type { NamedArrays } from "../../networks/learning/index.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";

const read = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../../test/fixtures/safetensors/${name}`, import.meta.url)));
const bits = (data: Float32Array) => [...new Uint32Array(data.slice().buffer)];
const expected: NamedArrays = Object.fromEntries(
  Object.entries(fixture.tensors).map(([name, { shape, data }]) => [
    name,
    { shape, data: Float32Array.from(data) },
  ]),
);

function expectTensors(actual: NamedArrays, wanted: NamedArrays) {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(wanted).sort());
  for (const [name, { shape, data }] of Object.entries(wanted)) {
    expect(actual[name]!.shape).toEqual(shape);
    expect(bits(actual[name]!.data)).toEqual(bits(data));
  }
}

/** A file with any header and a body of zeros. */
function fileOf(header: unknown, body = 16): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + body);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

describe("against Python's safetensors", () => {
  test("reads its file", () => {
    const { tensors, metadata } = decodeSafetensors(read("python.safetensors"));
    expect(metadata).toEqual(fixture.metadata);
    expectTensors(tensors, expected);
  });

  test("writes what it reads: the bytes that make_safetensors.py opened and compared", () => {
    expect(encodeSafetensors({ tensors: expected, metadata: fixture.metadata })).toEqual(
      read("ours.safetensors"),
    );
  });

  test("reads half precision, and writes the same bytes", () => {
    const bytes = read("half.safetensors");
    const { tensors, metadata } = decodeSafetensors(bytes);
    expect([...tensors.half!.data]).toEqual(fixture.halves);
    expect(encodeSafetensors({ tensors, metadata }, "f16").slice(-12)).toEqual(bytes.slice(-12));
    const again = decodeSafetensors(encodeSafetensors({ tensors, metadata }, "f16"));
    expect(again.tensors).toEqual(tensors);
  });

  test("other types are refused by name", () => {
    expect(() => decodeSafetensors(read("bytes.safetensors"), "bytes.safetensors")).toThrow(
      /^bytes\.safetensors: tensor "bytes" has dtype U8, only F32 and F16 are read/,
    );
  });
});

test("round trip of any names, shapes and values, from any byte offset", () => {
  const array = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }).chain((shape) => {
    const size = product(shape);
    return fc.float32Array({ minLength: size, maxLength: size }).map((data) => ({ shape, data }));
  });
  const names = fc
    .string({ unit: "grapheme" })
    .filter((name) => name !== "__metadata__" && name !== "__proto__");
  fc.assert(
    fc.property(fc.dictionary(names, array, { noNullPrototype: true }), fc.nat(7), (tensors, offset) => {
      const bytes = encodeSafetensors({ tensors, metadata: { a: "b" } });
      const shifted = new Uint8Array(bytes.length + offset);
      shifted.set(bytes, offset);
      const decoded = decodeSafetensors(shifted.subarray(offset));
      expectTensors(decoded.tensors, tensors);
      expect(decoded.metadata).toEqual({ a: "b" });
    }),
  );
});

test("the order of insertion does not change the bytes", () => {
  const reversed = Object.fromEntries(Object.entries(expected).reverse());
  expect(encodeSafetensors({ tensors: reversed, metadata: {} })).toEqual(
    encodeSafetensors({ tensors: expected, metadata: {} }),
  );
});

describe("damaged files", () => {
  test("truncated anywhere, it says so", () => {
    const whole = read("python.safetensors");
    for (let length = 0; length < whole.length; length++)
      expect(() => decodeSafetensors(whole.subarray(0, length))).toThrow(MidashError);
  });

  const tensor = (change: object) => ({
    a: { dtype: "F32", shape: [2, 2], data_offsets: [0, 16], ...change },
  });
  test.each<[string, unknown]>([
    ["not JSON", "{"],
    ["a list", "[1]"],
    ["null", "null"],
    ["a tensor that is null", { a: null }],
    ["a tensor that is a number", { a: 1 }],
    ["no shape", tensor({ shape: undefined })],
    ["a negative shape", tensor({ shape: [-2, -2] })],
    ["a fractional shape", tensor({ shape: [0.5, 8] })],
    ["a shape of words", tensor({ shape: ["4"] })],
    ["no offsets", tensor({ data_offsets: undefined })],
    ["offsets beyond the file", tensor({ data_offsets: [4, 20] })],
    ["offsets the wrong way round", tensor({ data_offsets: [16, 0] })],
    ["fractional offsets", tensor({ data_offsets: [-0.5, 15.5] })],
    ["metadata that is no object", { __metadata__: 7 }],
    ["metadata that is not text", { __metadata__: { midash: 7 } }],
  ])("%s", (_what, header) => {
    const call = () => decodeSafetensors(fileOf(header), "x");
    expect(call).toThrow(MidashError);
    expect(call).toThrow(/^x: /);
  });

  test("a header length of 2^63 - 1 or of other files", () => {
    const bytes = fileOf({});
    new DataView(bytes.buffer).setBigUint64(0, 2n ** 63n - 1n, true);
    expect(() => decodeSafetensors(bytes)).toThrow(/not a safetensors file, or truncated/);
    expect(() => decodeSafetensors(new TextEncoder().encode("just some text, long enough"))).toThrow(
      MidashError,
    );
  });
});
