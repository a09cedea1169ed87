import { stat } from "node:fs/promises";
import { join } from "node:path";
import { fail } from "../../src/base/errors/index.ts";
import { readVolume, writeVolume } from "../../src/host/node/index.ts";
import {
  type Grid,
  type Interpolation,
  multiplyAffines,
  reorient,
  resample,
  type Triple,
  type Volume,
} from "../../src/imaging/volume/index.ts";
import type { CacheFolder } from "../harness/cache-folder.ts";
import type { Row, Suite, Task } from "../harness/suite.ts";
import { inputFile, prepareVolumes, type VolumesSettings, volumesSettings } from "./volumes-inputs.ts";

/** Compressed sizes of both sides may differ by this much: at other sizes times can't be compared. */
const SAME_SIZE = 0.05;

/**
 * Volumes on disk and in space, beside nibabel and SimpleITK: reading and writing end or begin with int16 or float32 values in memory, files are
 * in the page cache, and resampling is on one thread of each side unless the row says otherwise.
 */
export const volumes: Suite = {
  name: "volumes",
  summary: "reading, writing, resampling and reorienting 256³ voxels, beside nibabel and SimpleITK",
  rows(size) {
    const small = size === "small";
    const shape: Triple = small ? [32, 32, 32] : [256, 256, 256]; // cubes: turning other voxels would shear them
    const common = { runs: small ? 2 : 9, warmUp: small ? 1 : 2 };
    const types = ["int16", "float32"] as const;
    const spacing = small ? [12, 12, 12] : [1.5, 1.5, 1.5];
    const files = [".nii.gz", ".nii"].flatMap((extension) =>
      types.flatMap((type): Row[] => {
        const id = `${extension.slice(1).replace(".", "-")}-${type}`;
        const settings = { shape, type, extension };
        const peer = "nibabel";
        return [
          {
            ...common,
            id: `read-${id}`,
            what: `read ${extension}, ${type}`,
            settings,
            peer,
            tolerance: 1e-9,
          },
          {
            ...common,
            id: `write-${id}`,
            what: `write ${extension}, ${type}`,
            settings,
            peer,
            tolerance: SAME_SIZE,
          },
        ];
      }),
    );
    const sampled = (id: string, what: string, type: "int16" | "float32", peerThreads = 1): Row => ({
      ...common,
      id,
      what: `${what}, ${type}`,
      settings: { shape, type, spacing, angles: [0.2, 0.3], peerThreads },
      peer: `SimpleITK, ${peerThreads} thread${peerThreads > 1 ? "s" : ""}`,
      tolerance: 1e-4,
    });
    const turned = (id: string, what: string, to: string): Row => ({
      ...sampled(id, what, "int16"),
      settings: { shape, type: "int16", to, peerThreads: 1 },
      tolerance: 1e-9,
    });
    const grid = `to ${spacing[0]} mm`;
    return [
      ...files,
      ...types.map((type) => sampled(`linear-${type}`, `linear ${grid}`, type)),
      sampled("linear-two-threads", `linear ${grid}`, "float32", 2),
      ...types.map((type) => sampled(`rotated-${type}`, "linear through a rotated affine", type)),
      sampled("rotated-two-threads", "linear through a rotated affine", "float32", 2),
      {
        ...sampled("smoothed", `linear ${grid}, anti-aliased`, "float32"),
        peer: "SciPy, SimpleITK, 1 thread",
      },
      sampled("cubic", `cubic B-spline ${grid}`, "float32"),
      // Beyond the outermost centres SimpleITK mirrors the spline, we hold its value: the more of a volume is border, the more it shows.
      { ...sampled("cubic-rotated", "cubic B-spline through a rotated affine", "float32"), tolerance: 1e-3 },
      turned("reorient", "reorient LPS to RAS", "RAS"),
      turned("reorient-axes", "reorient LPS to PSR: axes change places", "PSR"),
    ];
  },
  async prepare(rows, cache, signal) {
    if (rows[0]) await prepareVolumes(volumesSettings(rows[0].settings), cache, signal); // all rows share them
  },
  async task(row, given, cache): Promise<Task> {
    const settings = volumesSettings(given);
    if (row.startsWith("read-")) return readTask(settings, cache);
    const volume = await readVolume(join(cache.path, inputFile(settings, ".nii")));
    if (row.startsWith("write-")) return writeTask(volume, settings, cache);
    const work = workOfRow(row, volume, settings);
    let result: Volume;
    return {
      work() {
        result = work();
      },
      values: () => halves(result),
      details: async () => ({ threads: 1 }),
    };
  },
};

function readTask(settings: VolumesSettings, cache: CacheFolder): Task {
  const path = join(cache.path, inputFile(settings, settings.extension));
  let result: Volume;
  return {
    async work() {
      result = await readVolume(path);
    },
    values: () => halves(result),
    details: async () => ({ bytes: (await stat(path)).size, type: result.data.constructor.name }),
  };
}

/** The file's size is what must agree; of uncompressed ones it does. */
function writeTask(volume: Volume, settings: VolumesSettings, cache: CacheFolder): Task {
  const path = join(cache.path, `volumes-ours-${settings.type}${settings.extension}`);
  let bytes = 0;
  return {
    async work() {
      await writeVolume(path, volume);
      bytes = (await stat(path)).size;
    },
    values: () => ({ bytes }),
    details: async () => ({ bytes }),
  };
}

function workOfRow(row: string, volume: Volume, settings: VolumesSettings): () => Volume {
  const { spacing, to } = settings;
  const to15 = (interpolation: Interpolation, antialias: boolean) => () =>
    resample(volume, { spacing, interpolation, antialias });
  const through = (interpolation: Interpolation) => {
    const like = turnedGrid(volume, settings.angles);
    return () => resample(volume, { like, interpolation, antialias: false });
  };
  if (row.startsWith("linear-")) return to15("linear", false);
  if (row.startsWith("rotated-")) return through("linear");
  if (row === "smoothed") return to15("linear", true);
  if (row === "cubic") return to15("cubic", false);
  if (row === "cubic-rotated") return through("cubic");
  if (row.startsWith("reorient")) return () => reorient(volume, to);
  return fail("internal", `no row "${row}"`, { where: "bench volumes" });
}

/** As large a grid, turned about x and then z around the middle. */
function turnedGrid({ shape, affine }: Volume, [x, z]: readonly [number, number]): Grid {
  const [cx, sx, cz, sz] = [Math.cos(x), Math.sin(x), Math.cos(z), Math.sin(z)];
  const turn = [cz, -sz * cx, sz * sx, sz, cz * cx, -cz * sx, 0, sx, cx];
  const middle = shape.map((n) => (n - 1) / 2);
  const row = (r: number) => {
    const axes = turn.slice(3 * r, 3 * r + 3);
    return [...axes, middle[r]! - axes.reduce((sum, v, c) => sum + v * middle[c]!, 0)];
  };
  return { shape, affine: multiplyAffines(affine, [...row(0), ...row(1), ...row(2), 0, 0, 0, 1]) };
}

/** Means that a wrong or flipped result would change: of all values, and of the lower half along each axis. Takes no memory of its own. */
function halves({ data, shape: [nx, ny, nz] }: Volume): Record<string, number> {
  const sums = [0, 0, 0, 0];
  for (let k = 0, p = 0; k < nz; k++)
    for (let j = 0; j < ny; j++) {
      let row = 0;
      let low = 0;
      for (let i = 0; i < nx; i++, p++) {
        row += data[p]!;
        if (i < nx >> 1) low += data[p]!;
      }
      sums[0]! += row;
      sums[1]! += low;
      if (j < ny >> 1) sums[2]! += row;
      if (k < nz >> 1) sums[3]! += row;
    }
  return {
    all: sums[0]! / data.length,
    "half 0": sums[1]! / ((nx >> 1) * ny * nz),
    "half 1": sums[2]! / (nx * (ny >> 1) * nz),
    "half 2": sums[3]! / (nx * ny * (nz >> 1)),
  };
}
