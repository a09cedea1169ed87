import { basename, dirname } from "node:path";
import { assert, fail } from "../errors/index.ts";
import { fileRunStore, readVolume } from "../node/index.ts";
import { describeGrid, reorient, sameGrid, type Volume } from "../volume/index.ts";

interface ReadOptions {
  readonly frame?: number;
  readonly signal?: AbortSignal;
}

/** A CT or synthetic CT. A file that does not state its unit is taken to be in HU; one that says it is MR is refused. */
export async function readCt(path: string, options: ReadOptions = {}): Promise<Volume> {
  const volume = await readVolume(path, options);
  assert(volume.unit !== "arbitrary", "is marked as MR, not HU", path, "give a CT or a synthetic CT");
  return volume.with({ unit: "HU" });
}

/** An MR. A file that says it is in HU is refused. */
export async function readMr(path: string, options: ReadOptions = {}): Promise<Volume> {
  const volume = await readVolume(path, options);
  assert(volume.unit !== "HU", "is marked as a CT in HU, not MR", path, "give an MR");
  return volume.with({ unit: "arbitrary" });
}

export async function readMask(
  path: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Volume | undefined> {
  return path === undefined ? undefined : readVolume(path, { signal });
}

export async function readTextFile(path: string): Promise<string> {
  const bytes = await fileRunStore(dirname(path)).read(basename(path));
  return bytes ? new TextDecoder().decode(bytes) : fail("not-found", "no such file", path, "check the path");
}

/** Volumes of several files must share one grid; errors name the files. */
export function assertOneGrid(files: readonly (readonly [path: string, volume: Volume | undefined])[]): void {
  const [[first, like] = [], ...others] = files;
  for (const [path, volume] of others)
    if (like && volume && !sameGrid(reorient(like), reorient(volume)))
      fail(
        "grid-mismatch",
        `is on another grid (${describeGrid(volume)}) than ${first} (${describeGrid(like)})`,
        path,
        "resample one onto the other first",
      );
}
