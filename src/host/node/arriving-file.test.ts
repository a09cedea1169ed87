import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { errorOf } from "../../../test/support/error-of.ts";
import { Random } from "../../base/random/index.ts";
import { arrivingFile } from "./arriving-file.ts";
import { engineWhile } from "./gzip-engine.ts";

let folder = "";
const random = new Random("arriving");
const noise = Uint8Array.from({ length: 11_000_000 }, () => random.integer(256));
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "midash-arriving-"));
  await writeFile(join(folder, "noise"), noise);
  await writeFile(join(folder, "noise.gz"), gzipSync(noise, { level: 1 }));
  await writeFile(join(folder, "small"), noise.subarray(0, 10));
  await writeFile(join(folder, "empty"), "");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("arrivingFile", () => {
  it("has what it says is there, and all in the end", async () => {
    for (const [name, length] of [
      ["noise", noise.length],
      ["small", 10],
      ["empty", 0],
    ] as const) {
      const file = await arrivingFile(join(folder, name));
      expect(file.bytes.length).toBe(length);
      for (const end of [1, 5_000_000, length]) {
        await file.until(end);
        const there = Math.min(end, length);
        expect(Buffer.compare(file.bytes.subarray(0, there), noise.subarray(0, there))).toBe(0);
      }
      await file.close();
    }
  });

  it("is unpacked while it arrives", async () => {
    const file = await arrivingFile(join(folder, "noise.gz"));
    const { bytes, error } = await engineWhile(file).gunzip(file.bytes, { limit: noise.length + 1 });
    expect([error, Buffer.compare(bytes, noise)]).toEqual([undefined, 0]);
    await file.close();
  });

  it("stops when it is closed or the signal fires, and says what can't be read", async () => {
    const closed = await arrivingFile(join(folder, "noise"));
    await closed.close();
    const controller = new AbortController();
    const file = await arrivingFile(join(folder, "noise.gz"), { signal: controller.signal });
    const reading = errorOf(engineWhile(file).gunzip(file.bytes, { limit: noise.length + 1 }));
    controller.abort();
    expect((await reading).kind).toBe("aborted");
    await file.close();
    expect((await errorOf(arrivingFile(join(folder, "absent")))).kind).toBe("not-found");
    expect((await errorOf(arrivingFile(folder))).kind).toBe("io");
  });
});
