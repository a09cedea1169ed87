/** examples/quickstart, as its README says: its own project, the packed package, npm install, npm start. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { install, OFFLINE_NOTE, offline, root, run, withProject } from "./support/pack.ts";

const source = join(root, "examples/quickstart");

test.skipIf(offline)(
  `examples/quickstart compiles against the packed package and walks the road${OFFLINE_NOTE}`,
  async () => {
    const paths = ["package.json", "tsconfig.json", "src/main.ts"];
    const files = Object.fromEntries(
      await Promise.all(
        paths.map(async (path) => [path, await readFile(join(source, path), "utf8")] as const),
      ),
    );
    await withProject(files, async (project, tarball) => {
      await install(project, [tarball]);
      const text = await run("npm", ["start", "--silent"], project);

      const validation = [...text.matchAll(/^epoch \d\/3: validation MAE ([\d.]+) HU$/gm)].map((m) =>
        Number(m[1]),
      );
      expect(validation.length, text).toBe(3);
      expect(text).toMatch(/^sct\.nii\.gz: 56×64×44 voxels in HU, made on wasm, simulated: true$/m);
      // The best constant, the median of this head's body, is 214 HU off. The training is short, so no more is asked.
      const mae = Number(/^mae ([\d.]+) HU \(synthrad2023; .*; \d+ voxels\)$/m.exec(text)?.[1]);
      expect(mae, text).toBeLessThan(190);
      expect(Number(/^ssim ([\d.]+) /m.exec(text)?.[1]), text).toBeGreaterThan(0.7);
      for (const name of ["air", "fat", "soft", "bone"]) expect(text).toContain(`'${name}'`);

      const written = await readdir(project);
      expect(written).toEqual(expect.arrayContaining(["model.safetensors", "mr.nii.gz", "sct.nii.gz"]));
      // NIfTI-1, 56×64×44, by its own header.
      const header = gunzipSync(await readFile(join(project, "sct.nii.gz")));
      expect([header.readInt32LE(0), ...[40, 42, 44, 46].map((at) => header.readInt16LE(at))]).toEqual([
        348, 3, 56, 64, 44,
      ]);
    });
  },
);
