import { spawn } from "node:child_process";
import { mkdir, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fail } from "../../src/base/errors/index.ts";
import { openCache } from "../../src/host/node/index.ts";
import { encodeVolume } from "../../src/imaging/formats/index.ts";
import { phantomSubject } from "../../src/imaging/phantom/index.ts";
import { reorient, type Triple } from "../../src/imaging/volume/index.ts";
import { type Dataset, ShardMemory } from "../../src/road/data/index.ts";
import type { Settings, Suite } from "../harness/suite.ts";

/** What a row works on. */
interface PrepareSettings {
  readonly folder: string;
  readonly cases: number;
  readonly shape: Triple;
  readonly spacing: Triple;
  /** mm that cases are resampled to. */
  readonly target: Triple;
  readonly processes: number;
}

const settingsOf = (settings: Settings) => settings as unknown as PrepareSettings;

/**
 * A folder of pairs to prepared cases on the disk, from the start of a program to its end: read, brought to RAS, resampled linearly, the MR normalised by its
 * percentiles, the body of the CT found. Ours does more: it looks at each case, grows the mask by which the loss is weighted, and writes checksums and pages.
 */
export const prepare: Suite = {
  name: "prepare",
  summary: "pairs of MR and CT to prepared cases on the disk, beside nibabel and SciPy",
  rows(size) {
    const small = size === "small";
    const shape = small ? [48, 56, 20] : [192, 224, 80];
    const spacing = small ? [4, 4, 8] : [1, 1, 2];
    const target = small ? [4, 4, 4] : [1, 1, 1];
    const cases = small ? 3 : 8;
    return [
      {
        id: "folder",
        what: `prepare ${cases} pairs of ${shape.join("×")} voxels`,
        settings: {
          folder: `prepare-${cases}-${shape.join("x")}`,
          cases,
          shape,
          spacing,
          target,
          processes: 2,
        },
        peer: "nibabel and SciPy, 2 processes",
        runs: small ? 1 : 5,
        warmUp: small ? 0 : 1,
        tolerance: 2e-3, // half precision, and masks at voxels that are just at the threshold
      },
    ];
  },
  async prepare(rows, cache, signal) {
    for (const row of rows) {
      const { folder, cases, shape, spacing } = settingsOf(row.settings);
      for (let subject = 0; subject < cases; subject++) {
        const names = ["mr", "ct"].map((name) => `${folder}/case-${subject}/${name}.nii.gz`);
        const there = await Promise.all(
          names.map((name) => stat(join(cache.path, name)).catch(() => undefined)),
        );
        if (there.every(Boolean)) continue;
        const { inputs, ct } = await phantomSubject({ shape, spacing, seed: 7, subject, signal });
        const mr = inputs.t1!;
        for (const [n, volume] of [mr, ct].entries()) {
          const stored = reorient(volume.with({ data: Int16Array.from(volume.values(), Math.round) }), "LPS");
          const file = await encodeVolume(stored, { format: "nifti", gzip: true, signal });
          await mkdir(join(cache.path, folder, `case-${subject}`), { recursive: true });
          await cache.write(names[n]!, file);
        }
      }
    }
  },
  async task(_row, given, cache) {
    const { folder, target, processes } = settingsOf(given);
    const main = resolve("dist/cli/main.js");
    await stat(main).catch(() =>
      fail("not-found", "the command line is not built", { where: main, hint: "run npm run build" }),
    );
    const out = join(cache.path, `${folder}-ours`);
    const args = ["prepare", join(cache.path, folder), "--out", out, "--no-config"];
    const more = ["--spacing", target.join(","), "--workers", String(processes)];
    let dataset: Dataset | undefined;
    return {
      async work() {
        await rm(out, { recursive: true, force: true });
        await run(process.execPath, [main, ...args, ...more]);
        ({ dataset } = await openCache(out)); // names alone
      },
      values: () => meansOf(dataset!),
    };
  },
};

/** HU a unit of the range that a training's default normalizer has. */
const HU = 512;

/** Means over all cases: of the MR in the model's range, of the CT in HU, and the share of the body. */
function meansOf({ train, validation, test }: Dataset): Readonly<Record<string, number>> {
  const sums = { mr: 0, ct: 0, body: 0 };
  const cases = [...train, ...validation, ...test];
  for (const { prepared } of cases) {
    const shard = prepared!.open(new ShardMemory());
    const { inputs, targets } = shard.box({ from: [0, 0, 0], to: shard.header.grid.shape });
    sums.mr += mean(inputs.mr!.volume.data) / cases.length;
    sums.ct += (HU * mean(targets.ct!.volume.data)) / cases.length;
    sums.body += mean(shard.learnt().data.map((weight) => (weight === 1 ? 1 : 0))) / cases.length;
    shard.close();
  }
  return sums;
}

function run(program: string, args: readonly string[]): Promise<void> {
  return new Promise((done, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "ignore", "inherit"] });
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? done() : reject(new Error(`${program} ended with exit code ${code}`)),
    );
  });
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}
