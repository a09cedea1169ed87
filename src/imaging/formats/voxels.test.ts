import { describe, expect, it } from "vitest";
import type { VolumeData } from "../volume/index.ts";
import { decodeVoxels, encodeVoxels, type VoxelType, voxelTypeOf } from "./voxels.ts";

const part = { start: 0, count: 4, littleEndian: true, owned: true, where: "test" } as const;

describe("decodeVoxels", () => {
  it("keeps a view of bytes that are its own, aligned, and mostly voxels", () => {
    const bytes = new Uint8Array(10);
    const view = decodeVoxels(bytes, { ...part, type: "int16", start: 2 });
    expect([view.buffer === bytes.buffer, view.byteOffset]).toEqual([true, 2]);
    for (const copied of [
      decodeVoxels(bytes, { ...part, type: "int16", start: 1 }), // not aligned
      decodeVoxels(bytes, { ...part, type: "int16", start: 2, owned: false }),
      decodeVoxels(bytes, { ...part, type: "int16", start: 2, count: 2 }), // a small part of the file
    ])
      expect(copied.buffer === bytes.buffer).toBe(false);
  });

  it("turns bytes round on any alignment, and never those of others", () => {
    const values: Readonly<Partial<Record<VoxelType, VolumeData>>> = {
      uint8: Uint8Array.of(1, 2, 254, 255),
      int16: Int16Array.of(1, -2, 258, -32768),
      uint32: Uint32Array.of(1, 2 ** 31, 0x01020304, 2 ** 32 - 1),
      float32: Float32Array.of(0.1, -1e30, Number.NaN, 0),
      float64: Float64Array.of(Math.PI, -1e300, Number.NaN, 5e-324),
    };
    for (const [type, data] of Object.entries(values) as [VoxelType, VolumeData][]) {
      expect(voxelTypeOf(data)).toBe(type);
      for (const littleEndian of [true, false])
        for (const start of [0, 1, 2, 4]) {
          const encoded = encodeVoxels(data, littleEndian);
          const file = new Uint8Array(start + encoded.length);
          file.set(encoded, start);
          const before = file.slice();
          const copy = decodeVoxels(file, { ...part, type, start, littleEndian, owned: false });
          expect([copy, file]).toEqual([data, before]);
          expect(decodeVoxels(file, { ...part, type, start, littleEndian })).toEqual(data);
        }
    }
  });
});
