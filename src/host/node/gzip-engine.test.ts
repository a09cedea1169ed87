import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { errorOf } from "../../../test/support/error-of.ts";
import { Random } from "../../base/random/index.ts";
import { zlibEngine } from "./gzip-engine.ts";

/** Half noise, half zeros: packs, but not to nothing. */
function data(length: number): Uint8Array {
  const random = new Random("gzip");
  return Uint8Array.from({ length }, (_, i) => (i % 2 === 0 ? random.integer(256) : 0));
}

describe("zlibEngine", () => {
  for (const length of [0, 1, 1 << 20, (1 << 20) + 1, 3_500_000])
    it(`packs ${length} bytes into one member that any gunzip reads`, async () => {
      const bytes = data(length);
      const packed = await zlibEngine.gzip(bytes, {});
      expect(gunzipSync(packed).equals(bytes)).toBe(true);
      expect(Buffer.from(await zlibEngine.gzip(bytes, {})).equals(packed)).toBe(true);
      expect(packed.length).toBeLessThan(1.02 * gzipSync(bytes, { level: 1 }).length + 20);
      const again = await zlibEngine.gunzip(packed, { limit: length + 1 });
      expect(again.error).toBeUndefined();
      expect(Buffer.from(again.bytes).equals(bytes)).toBe(true);
    });

  it("joins members, stops at the limit, and leaves what follows alone", async () => {
    const [a, b] = [data(5_000_000), data(70_000)];
    const both = Buffer.concat([gzipSync(a), gzipSync(b)]);
    const all = await zlibEngine.gunzip(both, { limit: 10_000_000 });
    expect(Buffer.from(all.bytes).equals(Buffer.concat([a, b]))).toBe(true);
    for (const limit of [1, 544, 5_000_000, 5_000_001]) {
      const part = await zlibEngine.gunzip(both, { limit });
      expect(part.error).toBeUndefined();
      expect(Buffer.from(part.bytes).equals(Buffer.concat([a, b]).subarray(0, limit))).toBe(true);
    }
  });

  it("says that data is cut or damaged, with what came out before", async () => {
    const packed = gzipSync(data(300_000));
    const cut = await zlibEngine.gunzip(packed.subarray(0, packed.length - 9), { limit: 300_001 });
    expect(cut.error).toBeInstanceOf(Error);
    expect(cut.bytes.length).toBeGreaterThan(0);
    const damaged = Uint8Array.from(packed);
    damaged[packed.length - 5]! ^= 1; // the checksum
    expect((await zlibEngine.gunzip(damaged, { limit: 300_001 })).error).toBeInstanceOf(Error);
  });

  it("takes no more memory than the limit from a bomb", async () => {
    const bomb = gzipSync(new Uint8Array(1 << 28));
    const before = process.memoryUsage().rss;
    const { bytes } = await zlibEngine.gunzip(bomb, { limit: 1 << 20 });
    expect(bytes.length).toBe(1 << 20);
    expect(process.memoryUsage().rss - before).toBeLessThan(1 << 26);
  });

  it("stops when the signal fires", async () => {
    const bytes = data(1 << 23);
    const packed = gzipSync(bytes, { level: 1 });
    for (const work of [
      (signal: AbortSignal) => zlibEngine.gzip(bytes, { signal }),
      (signal: AbortSignal) => zlibEngine.gunzip(packed, { limit: bytes.length + 1, signal }),
    ]) {
      const controller = new AbortController();
      const error = errorOf(work(controller.signal));
      controller.abort();
      expect((await error).kind).toBe("aborted");
    }
  });
});
