import { realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative } from "node:path";
import { fail, MidashError } from "../../base/errors/index.ts";
import { readFileBytes } from "./files.ts";

/**
 * The bytes of a file that the header at `path` names, or `undefined` when there is none. It may lie beside the header, or in a folder below:
 * a header from elsewhere must not reach further into the disk, by its names or by a folder that is a link.
 *
 * @throws MidashError `invalid-file` for a name that leads elsewhere; `io`, `limit`, `aborted`
 */
export async function readCompanion(
  path: string,
  name: string,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  const parts = name.split("/");
  const isName = (part: string) => part === basename(part) && part !== "." && part !== ".." && part !== "";
  if (isAbsolute(name) || name.includes("\\") || !parts.every(isName)) failOutside(path, name);
  const folder = dirname(path);
  const file = join(folder, ...parts);
  if (parts.length > 1) {
    const [base, real] = await Promise.all([folder, file].map((one) => realpath(one).catch(() => undefined)));
    if (base === undefined || real === undefined) return undefined;
    const way = relative(base, real);
    if (isAbsolute(way) || way.split(/[/\\]/)[0] === "..") failOutside(path, name);
    return readOrNothing(real, signal);
  }
  return readOrNothing(file, signal);
}

function failOutside(path: string, name: string): never {
  return fail("invalid-file", `names a file outside its folder (${name})`, {
    where: path,
    hint: "move both files into one folder",
  });
}

async function readOrNothing(path: string, signal: AbortSignal | undefined): Promise<Uint8Array | undefined> {
  try {
    return await readFileBytes(path, { signal });
  } catch (error) {
    if (MidashError.is(error) && error.kind === "not-found") return undefined;
    throw error;
  }
}
