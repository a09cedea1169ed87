import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { bundleOf } from "../../../test/support/identity-model.ts";
import { assertIntact, encodeChecked } from "./checksum.ts";
import { decodeModel, encodeModel } from "./model-codec.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";

const bytes = encodeModel(bundleOf());

/** The definition in words, by another implementation of SHA-256 and of the search. */
function digestByNode(file: Uint8Array): { stated: string; actual: string } {
  const text = Buffer.from(file).toString("latin1");
  const [, stated] = /"sha256":"([0-9a-f]{64})"/.exec(text)!;
  const zeroed = Buffer.from(text.replace(stated!, "0".repeat(64)), "latin1");
  return { stated: stated!, actual: createHash("sha256").update(zeroed).digest("hex") };
}

test("is the SHA-256 of the file with the digits as zeros", () => {
  const { stated, actual } = digestByNode(bytes);
  expect(stated).toBe(actual);
  expect(decodeSafetensors(bytes).metadata.sha256).toBe(actual);
});

test("one flipped bit anywhere in a model file is refused", () => {
  for (let at = 0; at < bytes.length; at++)
    for (let bit = 0; bit < 8; bit++) {
      const damaged = bytes.slice();
      damaged[at]! ^= 1 << bit;
      expect(() => decodeModel(damaged, { name: "x" }), `byte ${at}, bit ${bit}`).toThrow(
        expect.objectContaining({ kind: "invalid-file", where: "x" }),
      );
    }
});

test("a model file cut short or made longer is refused", () => {
  for (let length = 0; length < bytes.length; length++)
    expect(() => decodeModel(bytes.subarray(0, length))).toThrow(
      expect.objectContaining({ kind: "invalid-file" }),
    );
  expect(() => decodeModel(Uint8Array.of(...bytes, 0))).toThrow(/is damaged/);
});

test("weights of other values say what to do", () => {
  const damaged = bytes.slice();
  damaged[bytes.length - 2]! ^= 0x40; // the exponent of the last weight
  expect(() => decodeModel(damaged, { name: "unet.safetensors" })).toThrow(
    "unet.safetensors: is damaged: its content does not match its checksum (SHA-256); " +
      "fetch or copy it again from where it is whole, or train it again",
  );
});

describe("where the checksum is looked for", () => {
  const tensors = { sha256: { data: Float32Array.of(1), shape: [1] } };
  test("not in tensors, nor in other metadata that look like one", () => {
    const metadata = { a: '"sha256":"', 'b"sha256': "f".repeat(64), ü: "日本", sha256: "replaced" };
    const file = encodeChecked({ tensors, metadata });
    expect(() => assertIntact(file, "x", "")).not.toThrow();
    expect(decodeSafetensors(file).metadata).toEqual({ ...metadata, sha256: digestByNode(file).stated });
  });

  test("a file without one is refused", () => {
    const without: Record<string, string>[] = [{}, { 'b"sha256': "f".repeat(64) }, { sha256: "f" }];
    for (const metadata of without)
      expect(() => assertIntact(encodeSafetensors({ tensors, metadata }), "x", "train again")).toThrow(
        "x: carries no checksum, so damage could not be told; train again",
      );
  });
});
