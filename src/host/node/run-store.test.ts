import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { errorOf } from "../../../test/support/error-of.ts";
import { fileRunStore } from "./index.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "midash-store-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("fileRunStore", () => {
  it("writes, reads, lists and removes, making its folder with the first write", async () => {
    const path = join(folder, "runs", "one");
    const store = fileRunStore(path);
    expect(await store.list()).toEqual([]);
    expect(await store.read("last")).toBeUndefined();
    await store.remove("last");
    expect(await readdir(folder)).toEqual([]);
    await store.write("last", Uint8Array.of(1));
    await store.write("best", Uint8Array.of(2));
    await store.write("last", Uint8Array.of(3, 4));
    await writeFile(join(path, ".last.tmp"), ""); // as a crash leaves it
    expect(await store.list()).toEqual(["best", "last"]);
    expect([...(await store.read("last"))!]).toEqual([3, 4]);
    await store.remove("last");
    expect(await store.list()).toEqual(["best"]);
  });

  it("keeps the old bytes under another name", async () => {
    const store = fileRunStore(folder);
    await store.write("last", Uint8Array.of(1), { keep: "previous" }); // nothing to keep yet
    expect(await store.list()).toEqual(["last"]);
    await store.write("last", Uint8Array.of(2), { keep: "previous" });
    await store.write("last", Uint8Array.of(3), { keep: "previous" });
    expect([...(await store.read("last"))!]).toEqual([3]);
    expect([...(await store.read("previous"))!]).toEqual([2]);
    expect((await errorOf(store.write("last", Uint8Array.of(4), { keep: "../x" }))).kind).toBe(
      "invalid-argument",
    );
    expect(await readdir(folder)).toEqual(["last", "previous"]);
  });

  for (const name of ["", ".", "..", "../secret", "sub/name", "/etc/hosts", "a\\b", "a\0b"])
    it(`refuses the name ${JSON.stringify(name)}`, async () => {
      const store = fileRunStore(folder);
      for (const call of [store.write(name, Uint8Array.of(1)), store.read(name), store.remove(name)])
        expect((await errorOf(call)).kind).toBe("invalid-argument");
    });

  it("tells when its folder can't be made", async () => {
    await writeFile(join(folder, "file"), "");
    const file = await errorOf(fileRunStore(join(folder, "file")).write("a", Uint8Array.of(1)));
    expect(file.message).toBe(`${join(folder, "file")}: is a file, not a folder; choose another folder`);
    const below = await errorOf(fileRunStore(join(folder, "file", "a")).write("a", Uint8Array.of(1)));
    expect(below.message).toContain("is a file, not a folder");
    expect((await errorOf(fileRunStore(join(folder, "file")).list())).message).toContain("is no folder");
  });
});
