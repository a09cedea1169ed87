import { randomUUID } from "node:crypto";
import { rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fail, MidashError } from "../../../base/errors/index.ts";
import type { VolumeFormat } from "../../../imaging/formats/index.ts";
import type { RunStore } from "../../../road/training/index.ts";
import { fileRunStore } from "../../node/index.ts";

/**
 * A folder for results, made now and proven writable by writing, so that a wrong path is told before hours of work.
 *
 * @throws MidashError `io` or `not-found`
 */
export async function outputFolder(path: string): Promise<RunStore> {
  const store = fileRunStore(path);
  const probe = `.midash-${randomUUID()}`;
  try {
    await store.write(probe, new Uint8Array());
    await store.remove(probe);
  } catch (cause) {
    if (!MidashError.is(cause) || cause.where !== join(path, probe)) throw cause;
    const { kind, what, hint } = cause;
    throw new MidashError(kind, what, { where: path, hint, cause }); // the folder, not the probe, is the user's
  }
  return store;
}

/**
 * Refuses a folder that can't be made or written in, before any work, and leaves nothing behind.
 *
 * @throws MidashError `io` or `not-found`
 */
export async function assertWritableFolder(path: string): Promise<void> {
  let base = resolve(path);
  while ((await stat(base).catch(() => undefined)) === undefined && dirname(base) !== base)
    base = dirname(base);
  try {
    await outputFolder(base);
  } catch (cause) {
    if (!MidashError.is(cause) || base === resolve(path)) throw cause;
    throw new MidashError(cause.kind, `can't be made in ${base}`, { where: path, hint: cause.hint, cause });
  }
}

/** Refuses a path that a volume can't be written to, or that is one of the inputs, before any work. */
export async function checkOutputVolume(
  path: string,
  inputs: readonly string[],
  formats: readonly VolumeFormat[],
): Promise<void> {
  const extensions = formats.filter((format) => format.write).flatMap((format) => format.extensions);
  await checkOutputFile(path, inputs, extensions);
}

/** As {@link checkOutputVolume} for files of other kinds. */
export async function checkOutputFile(
  path: string,
  inputs: readonly string[],
  extensions: readonly string[],
): Promise<void> {
  if (inputs.some((input) => resolve(input) === resolve(path)))
    fail("invalid-argument", "is the input too", { where: path, hint: "write to another file" });
  const found = await stat(path).catch(() => undefined);
  if (found && !found.isFile())
    fail("io", found.isDirectory() ? "is a folder, not a file" : "is not a plain file", {
      where: path,
      hint: "give the path of a file",
    });
  if (!extensions.some((extension) => path.toLowerCase().endsWith(extension)))
    fail("unsupported", "no format for this extension", {
      where: path,
      hint: `use one of ${extensions.join(", ")}`,
    });
  const folder = dirname(path);
  const above = await stat(folder).catch((error: NodeJS.ErrnoException) => error.code);
  if (above === "ENOENT")
    fail("not-found", `the folder ${folder} does not exist`, {
      where: path,
      hint: "create it first, or write elsewhere",
    });
  if (typeof above !== "object" || !above.isDirectory())
    fail("not-found", "a part of the path is a file, not a folder", { where: path, hint: "check the path" });
  const probe = join(folder, `.midash-${randomUUID()}`);
  await writeFile(probe, "", { flag: "wx" }).catch((cause: NodeJS.ErrnoException) => {
    const denied = ["EACCES", "EPERM"].includes(cause.code ?? "");
    throw new MidashError("io", denied ? "permission denied" : `can't be created there (${cause.code})`, {
      where: path,
      hint: "write elsewhere, or check who may write there",
      cause,
    });
  });
  await rm(probe, { force: true });
}
