import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { errorOf } from "../../../test/support/error-of.ts";
import { readCompanion } from "./companion.ts";
import { readVolume } from "./volumes.ts";

const voxels = Uint8Array.from({ length: 8 }, (_, i) => 10 * i);
const header = (file: string) =>
  [
    "ObjectType = Image",
    "NDims = 3",
    "DimSize = 2 2 2",
    "ElementType = MET_UCHAR",
    `ElementDataFile = ${file}`,
    "",
  ].join("\n");

let root = "";
/** Of the header; files outside it must not be read. */
let folder = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "midash-companion-"));
  folder = join(root, "case");
  await mkdir(join(folder, "below", "deep"), { recursive: true });
  await writeFile(join(root, "outside.raw"), voxels);
  for (const name of ["v.raw", "below/v.raw", "below/deep/v.raw"])
    await writeFile(join(folder, name), voxels);
  await symlink(root, join(folder, "above"));
  await symlink(join(root, "outside.raw"), join(folder, "below", "link.raw"));
  await symlink(join(folder, "below", "deep"), join(folder, "shortcut"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

it.each(["v.raw", "./v.raw", "below/v.raw", "below/deep/v.raw", "./below/v.raw", "shortcut/v.raw"])(
  "a header's voxels may be in %s",
  async (name) => {
    await writeFile(join(folder, "a.mhd"), header(name));
    expect((await readVolume(join(folder, "a.mhd"))).data).toEqual(voxels);
  },
);

it.each([
  "../outside.raw",
  "below/../../outside.raw",
  "below/../v.raw",
  "below//v.raw",
  "above/outside.raw",
  "below/link.raw",
  "..\\outside.raw",
  "below\\v.raw",
  "/etc/hosts",
])("but not in %s", async (name) => {
  await writeFile(join(folder, "a.mhd"), header(name));
  const error = await errorOf(readVolume(join(folder, "a.mhd")));
  expect([error.kind, error.where]).toEqual(["invalid-file", join(folder, "a.mhd")]);
  expect(error.message).toContain(`names a file outside its folder (${name})`);
});

it("holds for every file of a list", async () => {
  const list = (...names: string[]) => writeFile(join(folder, "a.mhd"), header(`LIST\n${names.join("\n")}`));
  await list("v.raw", "below/v.raw");
  expect((await readVolume(join(folder, "a.mhd"))).data).toEqual(
    Uint8Array.of(...voxels.slice(0, 4), ...voxels.slice(0, 4)),
  );
  await list("v.raw", "above/outside.raw");
  expect((await errorOf(readVolume(join(folder, "a.mhd")))).kind).toBe("invalid-file");
  await list("v.raw", "below/none.raw");
  expect((await errorOf(readVolume(join(folder, "a.mhd")))).kind).toBe("not-found");
});

it("is nothing where there is none", async () => {
  for (const name of ["none.raw", "below/none.raw", "none/v.raw"])
    expect(await readCompanion(join(folder, "a.mhd"), name, undefined)).toBeUndefined();
});
