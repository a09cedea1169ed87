import { type FileSource, SNIFFED, type VolumeFormat } from "./format.ts";
import { gunzip, isGzip } from "./gzip.ts";

/**
 * The first of `formats` that knows a file by its content, gunzipped or not.
 *
 * @param options `whole`: a gzip file must be whole as far as it is looked at. Default: what is none is of no format
 * @throws MidashError as {@link FileSource.read}; with `whole` also `invalid-file`
 */
export async function formatOf(
  file: FileSource,
  formats: readonly VolumeFormat[],
  options: { readonly signal?: AbortSignal; readonly whole?: boolean } = {},
): Promise<VolumeFormat | undefined> {
  const { signal, whole = false } = options;
  const start = await file.read(8 * SNIFFED, signal); // gzip may need more than it gives
  const where = file.name ?? "file";
  const unpacked = async () => {
    try {
      return await gunzip(start, { limit: SNIFFED, where, signal });
    } catch (error) {
      if (whole) throw error;
      return start;
    }
  };
  const head = isGzip(start) ? await unpacked() : start;
  return formats.find((format) => format.sniff(head));
}
