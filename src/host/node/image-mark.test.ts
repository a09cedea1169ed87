import { cp, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { errorOf } from "../../../test/support/error-of.ts";
import { discs, toyRun } from "../../../test/support/toy-run.ts";
import { isSameImage } from "../../road/data/index.ts";
import { memoryRunStore, type RunStore, Trainer, type TrainerOptions } from "../../road/training/index.ts";
import { openDataset } from "./dataset.ts";
import { imageMark } from "./image-mark.ts";
import { writeVolume } from "./volumes.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "midash-marks-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const put = async (name: string, bytes: Uint8Array) => {
  await writeFile(join(folder, name), bytes);
  return join(folder, name);
};
const noise = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 2654435761) >>> 24);

describe("the mark of an image", () => {
  it("is the same for a copy with another time, and another when a piece was changed", async () => {
    const bytes = noise(400_000);
    const path = await put("ct.nii", bytes);
    const mark = await imageMark(path);
    expect([mark.bytes, mark.sha256.length]).toEqual([400_000, 64]);
    await utimes(path, 1e9, 1e9);
    const later = await imageMark(path, mark);
    expect(later.modified).not.toBe(mark.modified);
    expect(isSameImage(mark, later)).toBe(true);
    for (const at of [0, 399_999, 200_000]) {
      await put("ct.nii", bytes.slice().fill(1, at, at + 30_000));
      expect(isSameImage(mark, await imageMark(path)), String(at)).toBe(false);
    }
    await put("ct.nii", bytes.subarray(1));
    expect(isSameImage(mark, await imageMark(path))).toBe(false);
    await put("ct.nii", bytes);
    expect(isSameImage(mark, await imageMark(path))).toBe(true);
  });

  it("needs no reading where size and time are known", async () => {
    const path = await put("ct.nii", noise(1000));
    const mark = { ...(await imageMark(path)), sha256: "as noted" };
    expect(await imageMark(path, mark)).toBe(mark);
  });

  it("covers the voxels of a header, and the files of a folder", async () => {
    const header = await put("mr.mhd", noise(100));
    await put("mr.raw", noise(500));
    const [one, all] = [await imageMark(header), await imageMark(folder)];
    expect([one.bytes, all.bytes]).toEqual([600, 600]);
    await put("mr.raw", noise(500).fill(7, 0, 9));
    expect(isSameImage(one, await imageMark(header))).toBe(false);
    expect(isSameImage(all, await imageMark(folder))).toBe(false);
  });

  it("of a file that is gone is an error that names it", async () => {
    const error = await errorOf(imageMark(join(folder, "ct.nii")));
    expect([error.kind, error.message]).toEqual([
      "not-found",
      expect.stringContaining("ct.nii: no such file"),
    ]);
  });
});

describe("a run on files that is resumed", () => {
  const split = { validation: ["p3"], test: ["p4"] };
  const caseFolder = (n: number) => join(folder, "data", `p${n}`);

  async function prepare(): Promise<RunStore> {
    for (const [n, source] of [...discs.train, ...discs.validation, ...discs.train].entries()) {
      await mkdir(caseFolder(n + 1), { recursive: true });
      await writeVolume(join(caseFolder(n + 1), "mr.nii.gz"), await source.inputs.mr!.load());
      await writeVolume(join(caseFolder(n + 1), "ct.nii.gz"), await source.targets!.ct!.load());
    }
    const store = memoryRunStore();
    await train(store, { epochs: 1 });
    return store;
  }

  async function train(store: RunStore, options: Partial<TrainerOptions> = {}, resume = false, by = split) {
    const dataset = await openDataset(join(folder, "data"), { split: by });
    for await (const _ of new Trainer({ ...toyRun(), epochs: 2, store, ...options }).fit(dataset, {
      resume,
    }));
  }

  const refused = async (store: RunStore, by = split) => {
    const before = await Promise.all((await store.list()).map((name) => store.read(name)));
    const { kind, message } = await errorOf(train(store, {}, true, by));
    expect(await Promise.all((await store.list()).map((name) => store.read(name)))).toEqual(before);
    expect(kind).toBe("invalid-argument");
    return message;
  };
  const hint = "put the data back as it was and resume, or start in another folder";

  it("goes on where files were only copied, and refuses another image by the name of its case", async () => {
    const store = await prepare();
    const ct = join(caseFolder(1), "ct.nii.gz");
    const bytes = await readFile(ct);
    await utimes(ct, 1e9, 1e9);
    await cp(join(caseFolder(2), "ct.nii.gz"), ct);
    expect(await refused(store)).toBe(
      `last.safetensors: the data has changed since: the ct of case "p1" is another; ${hint}`,
    );
    await writeFile(ct, bytes);
    await cp(join(caseFolder(1), "mr.nii.gz"), join(caseFolder(4), "mr.nii.gz")); // of the test: nothing is learnt from it
    await train(store, {}, true);
  });

  it("refuses cases that came, went or moved", async () => {
    const store = await prepare();
    expect(await refused(store, { validation: ["p2"], test: ["p4"] })).toContain(
      'case "p2" was for training and is for validation now; case "p3" was for validation and is for training now',
    );
    await cp(caseFolder(1), caseFolder(6), { recursive: true });
    expect(await refused(store)).toContain('the data has changed since: case "p6" is new; put');
    await rm(caseFolder(6), { recursive: true });
    await rm(caseFolder(2), { recursive: true });
    expect(await refused(store)).toContain('the data has changed since: case "p2" is gone; put');
  });
});
