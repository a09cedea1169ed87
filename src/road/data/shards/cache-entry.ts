import type { Triple } from "../../../imaging/volume/index.ts";
import type { ShardFacts, ShardHeader } from "./shard-header.ts";

/** A case in the index of a cache. */
export interface CacheEntry extends ShardFacts {
  /** Its file, from the cache's folder, with forward slashes. */
  readonly shard: string;
  /** Of the file up to its last 32 bytes, which hold the same. */
  readonly sha256: string;
  /** Of the file. */
  readonly bytes: number;
  /** Voxels of the model's grid. */
  readonly shape: Triple;
  readonly inputs: readonly string[];
  readonly targets: readonly string[];
  /** Whether any of its images was computed, not measured. */
  readonly simulated: boolean;
}

/** What the index says of a shard, but for its file. */
export function entryFacts({
  facts,
  grid,
  images,
  simulated,
}: ShardHeader): Omit<CacheEntry, "shard" | "sha256" | "bytes"> {
  const names = (role: string) => images.filter((image) => image.role === role).map(({ name }) => name);
  return { ...facts, shape: grid.shape, inputs: names("input"), targets: names("target"), simulated };
}
