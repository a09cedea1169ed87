import type { FormatReadOptions, Source } from "./format.ts";
import { checkCapacity, checkRatio, checkVoxels } from "./guards.ts";
import { type GunzipOptions, isGzip, MAX_GZIP_RATIO, type Packing, unpack } from "./gzip.ts";

/** See {@link SourceBytes.upTo}. */
export interface BytesWanted {
  readonly all: number;
  readonly promise: string;
  readonly voxels: number;
  /** Default 1. */
  readonly tail?: number;
}

/** The bytes of a file, or of a part of it, whether they came packed or not. */
export class SourceBytes {
  readonly #bytes: Uint8Array;
  readonly #packing: Packing | "none";
  readonly #owned: boolean;
  readonly #options: Pick<GunzipOptions, "where" | "engine" | "signal">;
  readonly #limits: FormatReadOptions["limits"];

  /** @param packing default: gzip when the bytes begin so, else none */
  constructor(
    source: Source,
    where: string,
    { engine, signal, limits }: FormatReadOptions = {},
    packing?: Packing | "none",
  ) {
    this.#bytes = source.bytes;
    this.#packing = packing ?? (isGzip(source.bytes) ? "gzip" : "none");
    this.#owned = source.owned ?? false;
    this.#options = { where, engine, signal };
    this.#limits = limits;
  }

  /** The first `length` bytes, or as many as there are. Not to be written to. */
  async head(length: number): Promise<Uint8Array> {
    if (this.#packing === "none") return this.#bytes.subarray(0, length);
    // So that a small file takes little memory, however much is asked for.
    const limit = Math.min(length, this.#bytes.length * MAX_GZIP_RATIO);
    return unpack(this.#bytes, this.#packing, { ...this.#options, limit });
  }

  /**
   * The file up to byte `end` at least, after it was made sure that it can hold all that its header promises, and that
   * its limits allow it; memory is taken after that. When `end` is
   * all of it, the checksum of a gzipped one is verified.
   *
   * @param options `all`: the bytes that the header promises, and `promise`, in words; `voxels`: those of one frame;
   *   `tail`: as many bytes more are wanted, if they are there
   * @throws MidashError `invalid-file` when it is shorter or damaged, `limit` when it unpacks to too much
   */
  async upTo(
    end: number,
    { all, promise, voxels, tail = 1 }: BytesWanted,
  ): Promise<{ readonly bytes: Uint8Array; readonly owned: boolean }> {
    const { where } = this.#options;
    const packed = this.#bytes.length;
    checkCapacity(packed * (this.#packing === "none" ? 1 : MAX_GZIP_RATIO), all, promise, where);
    checkVoxels(voxels, this.#limits, where);
    if (this.#packing === "none") return { bytes: this.#bytes, owned: this.#owned };
    checkRatio(packed, end, this.#limits, where);
    // One byte more than is needed, so that the stream's end is seen.
    const limit = end === all ? end + tail : end;
    const bytes = await unpack(this.#bytes, this.#packing, { ...this.#options, limit });
    checkCapacity(bytes.length, end, promise, where);
    return { bytes, owned: true };
  }
}
