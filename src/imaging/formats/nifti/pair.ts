import { fail } from "../../../base/errors/index.ts";
import type { FormatReadOptions, Source } from "../format.ts";
import { SourceBytes } from "../source-bytes.ts";

/** Names under which a header's voxels may lie beside it, the likeliest first: "ct.hdr" has "ct.img" or "ct.img.gz". */
export function imageNames(header: string): readonly string[] {
  const base = header
    .split(/[/\\]/)
    .at(-1)!
    .replace(/(\.hdr|\.img)?(\.gz)?$/i, "");
  const zipped = /\.gz$/i.test(header);
  const [first, second] = zipped ? [".img.gz", ".img"] : [".img", ".img.gz"];
  return [`${base}${first}`, `${base}${second}`, `${base}${first.toUpperCase()}`];
}

/**
 * The .img of a .hdr.
 *
 * @throws MidashError `not-found` when it is not there
 */
export async function imageOf(
  header: Source,
  where: string,
  options: FormatReadOptions,
): Promise<{ readonly source: SourceBytes; readonly where: string }> {
  const names = header.name === undefined ? [] : imageNames(header.name);
  for (const name of names) {
    const bytes = await header.companion?.(name);
    if (!bytes) continue;
    return {
      source: new SourceBytes({ bytes, owned: header.owned }, name, options),
      where: name,
    };
  }
  return fail(
    "not-found",
    `the header of a .hdr/.img pair, and there is no ${names[0] ?? ".img"} beside it`,
    { where, hint: "put both files into one folder, or give both" },
  );
}
