import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { Random } from "../random/index.ts";
import { fromBase64, joinBytes, joinFloats, product, sha256, toBase64 } from "./index.ts";

it("base64 is Node's, also of more bytes than a call takes arguments", () => {
  const random = new Random(1);
  for (const length of [0, 1, 2, 3, 32_768, 200_001]) {
    const bytes = Uint8Array.from({ length }, () => random.uniform(0, 256));
    expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
    expect(fromBase64(toBase64(bytes))).toEqual(bytes);
  }
});

it("joins parts in order, empty ones too", () => {
  expect(joinBytes([Uint8Array.of(1, 2), new Uint8Array(), Uint8Array.of(3)])).toEqual(
    Uint8Array.of(1, 2, 3),
  );
  expect(joinFloats([Float32Array.of(0.5), Float32Array.of(-1, 2)])).toEqual(Float32Array.of(0.5, -1, 2));
  expect(joinBytes([])).toHaveLength(0);
});

it("multiplies sizes", () => {
  expect([product([2, 3, 4]), product([]), product([5, 0])]).toEqual([24, 1, 0]);
});

it("SHA-256 is Node's, of any length and cut anywhere", () => {
  const random = new Random(2);
  for (const length of [...Array.from({ length: 130 }, (_, n) => n), 4096, 1_000_003]) {
    const bytes = Uint8Array.from({ length }, () => random.uniform(0, 256));
    const cut = Math.floor(random.uniform(0, length));
    const parts = [bytes.subarray(0, cut), new Uint8Array(), bytes.subarray(cut)];
    expect(sha256(parts)).toBe(createHash("sha256").update(bytes).digest("hex"));
  }
});
