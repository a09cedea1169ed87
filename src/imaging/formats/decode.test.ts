import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { errorOf } from "../../../test/support/error-of.ts";
import {
  type Affine,
  affineFromSpacing,
  multiplyAffines,
  Volume,
  type VolumeData,
  type VolumeInit,
} from "../volume/index.ts";
import { decodeVolume, encodeVolume, nifti, type VolumeFormat } from "./index.ts";

const OBLIQUE = [0.8, -0.6, 0, -70.5, 0.6, 0.8, 0, 33.25, 0, 0, -2.5, 12, 0, 0, 0, 1];

function volume(init: Partial<VolumeInit> = {}): Volume {
  return new Volume({
    shape: [3, 2, 2],
    data: Int16Array.from({ length: 12 }, (_, i) => 100 * i - 500),
    ...init,
  });
}

/** The affine that turns axis `a` towards axis `b` by `angle`. */
function turn(a: number, b: number, angle: number): Affine {
  const out = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
  out[5 * a] = out[5 * b] = Math.cos(angle);
  out[4 * b + a] = Math.sin(angle);
  out[4 * a + b] = -Math.sin(angle);
  return out;
}

/** A NIfTI whose voxels do not compress, so that cutting its gzip cuts its voxels. */
function noise(n = 40): Volume {
  let state = 1;
  const data = Uint8Array.from({ length: n ** 3 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
  return new Volume({ shape: [n, n, n], data });
}

describe("round trip", () => {
  const arrays: VolumeData[] = [
    Int8Array.of(-128, 127),
    Uint8Array.of(0, 255),
    Int16Array.of(-32768, 32767),
    Uint16Array.of(0, 65535),
    Int32Array.of(-(2 ** 31), 2 ** 31 - 1),
    Uint32Array.of(0, 2 ** 32 - 1),
    Float32Array.of(-0.1, Number.NaN),
    Float64Array.of(Math.PI, Number.NEGATIVE_INFINITY),
  ];
  for (const data of arrays)
    for (const gzip of [false, true])
      it(`${data.constructor.name} ${gzip ? "gzipped" : "plain"}`, async () => {
        const before = volume({ shape: [2, 1, 1], data });
        const after = await decodeVolume(await encodeVolume(before, { format: "nifti", gzip }));
        expect(after.data).toEqual(data);
        expect(after.affine).toEqual(before.affine);
      });

  it("keeps scaling, unit, simulation and an oblique, mirrored affine", async () => {
    const before = volume({
      affine: OBLIQUE,
      scaling: { slope: 0.5, intercept: -1024 },
      unit: "HU",
      simulated: true,
    });
    const after = await decodeVolume(await encodeVolume(before, { format: "nifti" }), { name: "sct.nii" });
    expect(after.scaling).toEqual(before.scaling);
    expect(after.unit).toBe("HU");
    expect(after.simulated).toBe(true);
    after.affine.forEach((v, i) => {
      expect(v).toBeCloseTo(OBLIQUE[i]!, 5);
    });
    expect(after.meta).toEqual({
      format: "NIfTI-1",
      affineFrom: "sform",
      name: "sct.nii",
      description: "midash; unit=HU; simulated",
    });
  });

  it("writes a qform that agrees with the sform, and none when the affine shears", async () => {
    for (const [x, y, z] of [
      [0, 0, 0],
      [0.3, -0.2, 0.1],
      [3.1, 0.1, 0.2],
      [0.2, 3.1, 0.1],
      [0.1, 0.2, 3.1],
      [3.1, 0.6, 3.0],
      [1.5, 2.5, -2],
    ] as const)
      for (const mirror of [1, -1]) {
        const turns = [turn(1, 2, x), turn(2, 0, y), turn(0, 1, z)];
        const scale = [0.9 * mirror, 0, 0, -80, 0, 1.1, 0, 3, 0, 0, 2.5, 7, 0, 0, 0, 1];
        const affine = turns.reduce<Affine>((sum, one) => multiplyAffines(one, sum), scale);
        const bytes = await encodeVolume(volume({ affine }), { format: "nifti" });
        new DataView(bytes.buffer).setInt16(254, 0, true); // sform_code
        const read = await decodeVolume(bytes);
        expect(read.meta.affineFrom).toBe("qform");
        read.affine.forEach((v, i) => {
          expect(v, `${[x, y, z, mirror]} [${i}]`).toBeCloseTo(affine[i]!, 4);
        });
      }
    const sheared = await encodeVolume(volume({ affine: [1, 0.2, ...OBLIQUE.slice(2)] }), {
      format: "nifti",
    });
    expect(new DataView(sheared.buffer).getInt16(252, true)).toBe(0);
  });

  it("turns to NIfTI-2 where NIfTI-1 can't hold the volume", async () => {
    const long = volume({ shape: [40_000, 1, 1], data: new Uint8Array(40_000).fill(7) });
    const tiny = volume({ scaling: { slope: 1e-60, intercept: 0 }, affine: OBLIQUE });
    for (const before of [long, tiny]) {
      const after = await decodeVolume(await encodeVolume(before, { format: "nifti", gzip: true }));
      expect(after.meta.format).toBe("NIfTI-2");
      expect(after.shape).toEqual(before.shape);
      expect(after.data).toEqual(before.data);
      expect(after.scaling).toEqual(before.scaling);
      expect(after.affine).toEqual(before.affine);
    }
  });

  it("gives the same bytes twice", async () => {
    const once = await encodeVolume(noise(), { format: "nifti", gzip: true });
    expect(await encodeVolume(noise(), { format: "nifti", gzip: true })).toEqual(once);
  });
});

describe("unit and simulation", () => {
  it("let the caller win", async () => {
    const bytes = await encodeVolume(volume({ unit: "HU", simulated: true }), { format: "nifti" });
    const read = await decodeVolume(bytes, { unit: "arbitrary", simulated: false });
    expect([read.unit, read.simulated]).toEqual(["arbitrary", false]);
  });

  it("believe intent_name, but no description of others", async () => {
    const bytes = await encodeVolume(volume(), { format: "nifti" });
    const put = (at: number, text: string) => bytes.set(new TextEncoder().encode(text), at);
    put(148, "FSL; unit=HU; simulated");
    expect((await decodeVolume(bytes)).unit).toBe("unknown");
    expect((await decodeVolume(bytes)).simulated).toBe(false);
    put(328, "unit=HU");
    expect((await decodeVolume(bytes)).unit).toBe("HU");
  });
});

describe("gzip", () => {
  it("joins several members", async () => {
    const bytes = await encodeVolume(noise(), { format: "nifti" });
    const cuts = [0, 100, 20_000, bytes.length];
    const members = cuts.slice(1).map((end, i) => gzipSync(bytes.subarray(cuts[i], end)));
    expect((await decodeVolume(Buffer.concat(members))).data).toEqual(noise().data);
  });

  it("joins hundreds of small members", async () => {
    const bytes = await encodeVolume(noise(), { format: "nifti" });
    const members = Array.from({ length: Math.ceil(bytes.length / 100) }, (_, i) =>
      gzipSync(bytes.subarray(100 * i, 100 * (i + 1))),
    );
    expect(members.length).toBe(644);
    expect((await decodeVolume(Buffer.concat(members))).data).toEqual(noise().data);
  });

  it("is not misled by a member's mark among the voxels", async () => {
    const mark = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    for (const marks of [1, 5, 1000]) {
      const before = noise();
      for (let i = 0; i < marks; i++) (before.data as Uint8Array).set(mark, 20_000 + i * mark.length);
      const bytes = await encodeVolume(before, { format: "nifti" });
      const stored = gzipSync(bytes, { level: 0 }); // level 0: the voxels stand in the file as they are
      expect(stored.indexOf(Buffer.from(mark), 1)).toBeGreaterThan(20_000);
      expect((await decodeVolume(stored)).data).toEqual(before.data);
    }
  });

  it("tells a truncated file at any cut", async () => {
    const bytes = await encodeVolume(noise(), { format: "nifti", gzip: true });
    for (const keep of [2, 10, 18, 300, 1000, 30_000, bytes.length - 8, bytes.length - 1]) {
      const error = await errorOf(decodeVolume(bytes.slice(0, keep), { name: "mr.nii.gz" }));
      expect(error.kind).toBe("invalid-file");
      expect(error.message).toMatch(/^mr\.nii\.gz: .*truncated.*; get the file again$/);
    }
  });

  it("tells a complete gzip of a truncated file", async () => {
    const whole = await encodeVolume(noise(), { format: "nifti" });
    const error = await errorOf(decodeVolume(gzipSync(whole.subarray(0, 50_000)), { name: "mr.nii.gz" }));
    expect(error.message).toBe(
      "mr.nii.gz: truncated: its header promises 40×40×40 uint8 voxels (64352 bytes), the file can hold no more than 50000; get the file again",
    );
  });

  it("tells a flipped bit by the checksum", async () => {
    const bytes = await encodeVolume(noise(), { format: "nifti", gzip: true });
    bytes[bytes.length - 6]! ^= 1;
    expect((await errorOf(decodeVolume(bytes))).message).toContain("truncated or damaged");
  });

  it("stops a bomb when the promised voxels are out", async () => {
    const bytes = await encodeVolume(volume(), { format: "nifti" });
    const bomb = gzipSync(Buffer.concat([bytes, Buffer.alloc(200_000_000)]));
    bomb[bomb.length - 6]! ^= 1; // whoever inflates to the end fails on the checksum
    const before = process.memoryUsage().arrayBuffers;
    expect((await decodeVolume(bomb)).data).toEqual(volume().data);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100_000_000);
  });

  it("bounds what comes before a frame, by low limits of voxels lower", async () => {
    const frames = 100;
    const before = volume({ shape: [64, 64, 1], data: new Uint8Array(4096) });
    const bytes = await encodeVolume(before, { format: "nifti" });
    const view = new DataView(bytes.buffer);
    view.setInt16(40, 4, true);
    view.setInt16(48, frames, true);
    const zipped = gzipSync(Buffer.concat([bytes, Buffer.alloc(4096 * frames * 10)]));
    view.setInt16(48, frames * 10, true);
    const more = gzipSync(Buffer.concat([bytes, Buffer.alloc(4096 * frames * 10)]));
    expect(more.length * 250).toBeLessThan(4096 * 999);
    const limits = { maxVoxels: 4096 };
    expect((await decodeVolume(zipped, { frame: 99, limits })).size).toBe(4096);
    const error = await errorOf(decodeVolume(more, { frame: 999, limits }));
    expect(error.message).toMatch(/are to unpack to 4096352, more than 250 times as many/);
    expect((await decodeVolume(more, { frame: 999 })).size).toBe(4096);
  });

  it("refuses a forged size before it takes memory", async () => {
    const bytes = await encodeVolume(volume(), { format: "nifti" });
    new DataView(bytes.buffer).setInt16(42, 30_000, true);
    new DataView(bytes.buffer).setInt16(44, 30_000, true);
    new DataView(bytes.buffer).setInt16(46, 30_000, true);
    expect((await errorOf(decodeVolume(gzipSync(bytes)))).kind).toBe("invalid-file");
    const filled = gzipSync(Buffer.concat([bytes, Buffer.alloc(1_000_000)]));
    expect((await errorOf(decodeVolume(filled, { limits: { maxVoxels: 1e15 } }))).kind).toBe("invalid-file");
  });
});

describe("decodeVolume and encodeVolume", () => {
  it("take an ArrayBuffer, and a view into a larger buffer", async () => {
    const bytes = await encodeVolume(volume(), { format: "nifti" });
    const larger = new Uint8Array(bytes.length + 3);
    larger.set(bytes, 3);
    expect((await decodeVolume(larger.subarray(3))).data).toEqual(volume().data);
    expect((await decodeVolume(bytes.slice().buffer)).data).toEqual(volume().data);
  });

  it("check their options", async () => {
    const bytes = await encodeVolume(volume(), { format: "nifti" });
    const wrong = [
      decodeVolume("mr.nii" as never),
      decodeVolume(bytes, { unit: "hu" as never }),
      decodeVolume(bytes, { frame: 0.5 }),
      decodeVolume(bytes, { frame: 1 }),
      decodeVolume(bytes, { limits: { maxVoxels: Number.NaN } }),
      encodeVolume(volume(), { format: "png" as never }),
      encodeVolume({} as never, { format: "nifti" }),
    ];
    for (const promise of wrong) expect((await errorOf(promise)).kind).toBe("invalid-argument");
  });

  it("stop when the signal has fired", async () => {
    const signal = AbortSignal.abort();
    const bytes = await encodeVolume(noise(), { format: "nifti", gzip: true });
    expect((await errorOf(decodeVolume(bytes, { signal }))).kind).toBe("aborted");
    expect((await errorOf(encodeVolume(noise(), { format: "nifti", signal }))).kind).toBe("aborted");
  });

  it("take formats of others", async () => {
    const flat: VolumeFormat = {
      name: "flat",
      extensions: [".flat"],
      sniff: (head) => head[0] === 0x46,
      read: async ({ bytes, companion }) =>
        new Volume({
          shape: [1, 1, 1],
          data: (await companion?.("beside")) ?? bytes.slice(1, 2),
          affine: affineFromSpacing([2, 2, 2]),
        }),
      write: async (v) => new Map([["v.flat", Uint8Array.of(0x46, v.at(0, 0, 0))]]),
    };
    const bytes = await encodeVolume(volume({ shape: [1, 1, 1], data: Uint8Array.of(9) }), { format: flat });
    expect((await decodeVolume(bytes, { formats: [nifti, flat] })).at(0, 0, 0)).toBe(9);
    expect(
      (await decodeVolume(gzipSync(bytes), { formats: [flat], companion: async () => Uint8Array.of(5) })).at(
        0,
        0,
        0,
      ),
    ).toBe(5);
    const { write: _, ...readOnly } = flat;
    expect((await errorOf(encodeVolume(volume(), { format: readOnly }))).kind).toBe("unsupported");
    expect((await errorOf(decodeVolume(bytes))).message).toBe(
      "volume data: not a volume in a known format (nifti, metaimage, nrrd, mgh); check that this is the right file, or convert it to NIfTI",
    );
  });

  it("name the files of write()", async () => {
    const [[name, bytes]] = [...(await nifti.write!(volume(), { name: "sct.nii.gz" }))] as [
      [string, Uint8Array],
    ];
    expect(name).toBe("sct.nii.gz");
    expect(gunzipSync(bytes).length).toBe(352 + 24);
  });
});
