import type { Preparation } from "../../preparation/index.ts";
import type { PreparedCase } from "../prepared-case.ts";
import type { CacheEntry } from "./cache-entry.ts";
import type { ShardMemory } from "./shard-memory.ts";
import type { ShardReader } from "./shard-reader.ts";

/** A case that was prepared before, in a shard. */
export interface StoredCase {
  /** What it was prepared by. */
  readonly preparation: Preparation;
  readonly entry: CacheEntry;
  /** Its file, for threads. */
  readonly path: string;
  /**
   * All of it, once its checksum is found right; or what scores compare: without the CT in the model's range and the weights of the loss, a volume each.
   *
   * @throws MidashError `invalid-file` for a damaged shard, `io`, `aborted`
   */
  load(signal?: AbortSignal, images?: "all" | "scored"): Promise<PreparedCase>;
  /** Compares its checksum: boxes are read without. @throws MidashError as {@link load} */
  check(signal?: AbortSignal): Promise<void>;
  /** Reads boxes of it. `close` it. @throws MidashError `not-found`, `io`, `invalid-file` */
  open(memory: ShardMemory): OpenShard;
}

/** A shard that is open. */
export interface OpenShard
  extends Pick<ShardReader, "header" | "box" | "cut" | "learnt" | "foreground" | "prepared"> {
  close(): void;
}
