import type { FormatReadOptions, Source } from "./format.ts";
import { checkCapacity, checkRatio, checkVoxels } from "./guards.ts";
import { type GunzipOptions, gunzip, isGzip, MAX_GZIP_RATIO } from "./gzip.ts";

/** The bytes of a file, whether it came gzipped or not. */
export class SourceBytes {
  readonly #bytes: Uint8Array;
  readonly #zipped: boolean;
  readonly #owned: boolean;
  readonly #options: Pick<GunzipOptions, "where" | "engine" | "signal">;
  readonly #limits: FormatReadOptions["limits"];

  constructor(source: Source, where: string, { engine, signal, limits }: FormatReadOptions = {}) {
    this.#bytes = source.bytes;
    this.#zipped = isGzip(source.bytes);
    this.#owned = source.owned ?? false;
    this.#options = { where, engine, signal };
    this.#limits = limits;
  }

  /** The first `length` bytes, or as many as there are. Not to be written to. */
  async head(length: number): Promise<Uint8Array> {
    if (!this.#zipped) return this.#bytes.subarray(0, length);
    return gunzip(this.#bytes, { ...this.#options, limit: length });
  }

  /**
   * The file up to byte `end` at least, after it was made sure that it can hold all that its header promises, and that
   * its limits allow it; memory is taken after that. When `end` is
   * all of it, the checksum of a gzipped one is verified.
   *
   * @param options `all`: the bytes that the header promises, and `promise`, in words; `voxels`: those of one frame
   * @throws MidashError `invalid-file` when it is shorter or damaged, `limit` when it unpacks to too much
   */
  async upTo(
    end: number,
    { all, promise, voxels }: { readonly all: number; readonly promise: string; readonly voxels: number },
  ): Promise<{ readonly bytes: Uint8Array; readonly owned: boolean }> {
    const { where } = this.#options;
    const packed = this.#bytes.length;
    checkCapacity(packed * (this.#zipped ? MAX_GZIP_RATIO : 1), all, promise, where);
    checkVoxels(voxels, this.#limits, where);
    if (!this.#zipped) return { bytes: this.#bytes, owned: this.#owned };
    checkRatio(packed, end, this.#limits, where);
    // One byte more than is needed, so that the stream's end is seen.
    const bytes = await gunzip(this.#bytes, { ...this.#options, limit: end === all ? end + 1 : end });
    checkCapacity(bytes.length, end, promise, where);
    return { bytes, owned: true };
  }
}
