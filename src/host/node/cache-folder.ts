import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { assert, fail, MidashError } from "../../base/errors/index.ts";
import {
  type CacheEntry,
  type CacheIndex,
  type Case,
  Dataset,
  encodeIndex,
  encodeShard,
  entryFacts,
  loadCase,
  type PreparedCase,
  parseIndex,
  planeAxis,
  ShardMemory,
  type ShardOptions,
  type StoredCase,
} from "../../road/data/index.ts";
import { Registry } from "../../road/plugin/index.ts";
import type { Preparation } from "../../road/preparation/index.ts";
import { fileError, isFile, isTemporary, readFileBytes, writeFileAtomic } from "./files.ts";
import { checkShard, describeShard, openShard, sealShard } from "./shard-file.ts";

const INDEX = "index.json";
const SHARDS = "shards";
const ENDING = ".shard";

/** Whether a folder is a cache of prepared cases, by its index. */
export async function isCache(folder: string): Promise<boolean> {
  if (!(await isFile(join(folder, INDEX)))) return false;
  return (await stat(join(folder, SHARDS)).catch(() => undefined))?.isDirectory() ?? false;
}

/** Options of {@link writeShard}. */
export interface WriteShardOptions extends Omit<ShardOptions, "axis"> {
  readonly signal?: AbortSignal;
}

/**
 * Writes a prepared case into a cache's folder, as one file, whole or not at all: several processes may write cases of one cache at once. Its planes lie as the
 * preparation's slices do. A shard of the same case is replaced.
 *
 * @returns what the index says of it
 * @throws MidashError `unsupported`, `io`, `aborted`
 */
export async function writeShard(
  folder: string,
  prepared: PreparedCase,
  options: WriteShardOptions,
): Promise<CacheEntry> {
  const { signal, ...own } = options;
  return writeSealed(folder, sealedShard(prepared, own), { signal });
}

/** A shard that is not written yet. It holds nothing of the case that it was made of. */
export interface SealedShard {
  /** Of its case. */
  readonly id: string;
  readonly bytes: Uint8Array;
  readonly sha256: string;
}

/** The first half of {@link writeShard}: computing alone. @throws MidashError `unsupported` */
export function sealedShard(prepared: PreparedCase, options: Omit<ShardOptions, "axis">): SealedShard {
  const axis = planeAxis(options.preparation.sampler);
  return { id: prepared.id, ...sealShard(encodeShard(prepared, { ...options, axis })) };
}

/** The second half of {@link writeShard}: the disk's. @throws MidashError `io`, `aborted` */
export async function writeSealed(
  folder: string,
  { id, bytes, sha256 }: SealedShard,
  options: { readonly signal?: AbortSignal } = {},
): Promise<CacheEntry> {
  await mkdir(join(folder, SHARDS), { recursive: true }).catch((cause) => {
    throw fileError(cause, folder, "write");
  });
  await writeFileAtomic(shardPath(folder, id), bytes, options);
  return { ...(await readEntry(folder, id))!, sha256 };
}

/** What the index would say of a case's shard; undefined where there is none. @throws MidashError `invalid-file` for a damaged header */
export async function readEntry(folder: string, id: string): Promise<CacheEntry | undefined> {
  const path = shardPath(folder, id);
  if (!(await isFile(path))) return undefined;
  const { header, sha256, bytes } = await describeShard(path);
  const shard = `${SHARDS}/${shardName(id)}`;
  return { ...entryFacts(header), shard, sha256, bytes };
}

/** All shards of a cache's folder, by id, whoever wrote them. What killed writers left is not among them. */
export async function readEntries(folder: string): Promise<readonly CacheEntry[]> {
  const names = await readdir(join(folder, SHARDS)).catch(() => [] as string[]);
  const ids = names
    .filter((name) => name.endsWith(ENDING) && !isTemporary(name))
    .map((name) => decodeURIComponent(name.slice(0, -ENDING.length)));
  const found = await Promise.all(ids.sort().map((id) => readEntry(folder, id)));
  return found.filter((entry) => entry !== undefined);
}

/** Removes a case's shard. @throws MidashError `io` */
export async function removeShard(folder: string, id: string): Promise<void> {
  const path = shardPath(folder, id);
  await rm(path, { force: true }).catch((cause) => {
    throw fileError(cause, path, "write");
  });
}

/** Writes a cache's index, whole or not at all. @throws MidashError `io`, `aborted` */
export async function writeIndex(
  folder: string,
  index: Omit<CacheIndex, "schema">,
  options: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  await writeFileAtomic(join(folder, INDEX), encodeIndex({ schema: 1, ...index }), options);
}

/** A cache's index. @throws MidashError `not-found`, `invalid-file` */
export async function readIndex(folder: string): Promise<CacheIndex> {
  const path = join(folder, INDEX);
  return parseIndex(await readFileBytes(path), path);
}

/** Options of {@link openCache}. */
export interface OpenCacheOptions {
  /** Knows the steps and samplers that the preparation names: `new Registry([myPlugin])`. Default: those that ship. */
  readonly registry?: Registry;
}

/** Prepared cases as a data set. */
export interface Cache {
  readonly dataset: Dataset;
  /** What all of them were prepared by: what a Trainer of theirs goes by. */
  readonly preparation: Preparation;
}

/**
 * Opens a folder that `midash prepare` wrote. Its cases are on the model's grid and in its range already, so that training begins at once and
 * needs none of the data that they were made of. Names and sizes of the files are checked here, the checksum of each when it is first read.
 *
 * @example
 * const { dataset } = await openCache("caches/brain");
 * const trainer = new Trainer({ model: UNet(), backend: wasm() });
 * for await (const event of trainer.fit(dataset)) show(event);
 *
 * @throws MidashError `not-found` for a folder without an index, or a shard that is not there; `invalid-file` for a damaged index, or a shard of another size
 */
export async function openCache(folder: string, options: OpenCacheOptions = {}): Promise<Cache> {
  assert(typeof folder === "string" && folder !== "", "the folder must be a non-empty string", {
    where: { call: "openCache" },
  });
  const { name, origin, preparation: json, split, leftOut, cases } = await readIndex(folder);
  const { registry = new Registry() } = options;
  const preparation = registry.preparation(json);
  await Promise.all(cases.map((entry) => assertThere(folder, entry)));
  const byId = new Map(cases.map((entry) => [entry.id, storedCase(folder, entry, preparation)]));
  const part = (ids: readonly string[]) => ids.map((id) => byId.get(id)!);
  const parts = {
    train: part(split.train),
    validation: part(split.validation),
    test: part(split.test),
  };
  return {
    dataset: new Dataset(parts, { name, origin, leftOut }),
    preparation,
  };
}

async function assertThere(folder: string, { id, shard, bytes }: CacheEntry): Promise<void> {
  const path = join(folder, shard);
  const found = await stat(path).catch((cause) => {
    throw new MidashError("not-found", `the shard of ${id} is not there`, {
      where: path,
      hint: "prepare the data again, which makes what is missing",
      cause,
    });
  });
  if (found.size !== bytes)
    fail("invalid-file", `has ${found.size} bytes, by the index ${bytes}: it is damaged`, {
      where: path,
      hint: "remove it and prepare the case again",
    });
}

function storedCase(folder: string, entry: CacheEntry, preparation: Preparation): Case {
  const { id, patient, centre, sha256, inputs, targets } = entry;
  const path = join(folder, entry.shard);
  const prepared: StoredCase = {
    preparation,
    entry,
    path,
    async load(signal, images) {
      await checkShard(path, sha256, signal);
      const shard = openShard(path, new ShardMemory());
      try {
        return shard.prepared(images);
      } finally {
        shard.close();
      }
    },
    check: (signal) => checkShard(path, sha256, signal),
    open: (memory) => openShard(path, memory),
  };
  const image = (kind: "inputs" | "targets", name: string) => ({
    load: async (signal?: AbortSignal) => (await loadCase(own, [], signal))[kind][name]!.volume,
  });
  const named = (kind: "inputs" | "targets", names: readonly string[]) =>
    Object.fromEntries(names.map((one) => [one, image(kind, one)]));
  const own: Case = {
    id,
    ...(patient === undefined ? {} : { patient }),
    ...(centre === undefined ? {} : { centre }),
    inputs: named("inputs", inputs),
    targets: named("targets", targets),
    marks: async () => ({ shard: { bytes: entry.bytes, sha256 } }),
    prepared,
  };
  return own;
}

function shardPath(folder: string, id: string): string {
  return join(folder, SHARDS, shardName(id));
}

/** Ids may hold what names of files can't. */
function shardName(id: string): string {
  return encodeURIComponent(id) + ENDING;
}
