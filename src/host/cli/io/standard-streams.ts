import { addAbortSignal } from "node:stream";
import { joinBytes } from "../../../base/bytes/index.ts";
import { assert, fail, MidashError, throwIfAborted } from "../../../base/errors/index.ts";
import { decodeVolume, type VolumeFormat } from "../../../imaging/formats/index.ts";
import { Volume } from "../../../imaging/volume/index.ts";
import { type ReadVolumeOptions, readVolume } from "../../node/index.ts";

/** As a file's name: standard input where a file is read, standard output where one is written. */
export const STANDARD = "-";

/** How `--format` is said everywhere. */
export const FORMAT_OPTION = [
  "--format <extension>",
  'in which format "-" as <out> is written to standard output: nii.gz (default), nii, nrrd, mha, mgz, ...',
] as const;

/** As Node's own limit for a file that is read at once. */
const MOST = 2 ** 31 - 1;

/**
 * Reads a volume as often as asked, for one frame or another: of a path from there, of "-" from the bytes of standard input, which come once.
 *
 * @throws MidashError `invalid-argument` for a terminal, or when standard input was read before; `limit`, `io`, `aborted`
 */
export async function volumeReader(
  path: string,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<(options: ReadVolumeOptions) => Promise<Volume>> {
  if (path !== STANDARD) return (options) => readVolume(path, options);
  const bytes = await readStandardInput(signal);
  return (options) => decodeVolume(bytes, { ...options, name: "standard input" });
}

async function readStandardInput(signal: AbortSignal | undefined): Promise<Uint8Array> {
  const { stdin } = process;
  const where = "standard input";
  assert(!stdin.isTTY, "is a terminal, not a file", {
    where,
    hint: "pipe a volume into it: ... | midash info -",
  });
  assert(!stdin.readableEnded && !stdin.destroyed, "holds one file, and it was read", {
    where,
    hint: 'give "-" once, and paths for the other files',
  });
  throwIfAborted(signal);
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of signal ? addAbortSignal(signal, stdin) : stdin) {
      parts.push(part as Uint8Array);
      length += (part as Uint8Array).length;
      if (length > MOST)
        fail("limit", "larger than the 2 GiB that can be read at once", {
          where,
          hint: "gzip, crop or split it",
        });
    }
  } catch (cause) {
    throwIfAborted(signal);
    if (MidashError.is(cause)) throw cause;
    throw new MidashError("io", "can't be read", { where, hint: "check the program before the pipe", cause });
  }
  return joinBytes(parts);
}

/**
 * Standard output as the place of a volume.
 *
 * @param extension in which format, without the dot; default "nii.gz", which nearly all programs of the field read
 * @throws MidashError `invalid-argument` for a terminal; `unsupported` for another extension, or a format of several files
 */
export async function standardOutput(
  extension: string | undefined,
  formats: readonly VolumeFormat[],
): Promise<{ write(volume: Volume, options: { readonly signal?: AbortSignal }): Promise<void> }> {
  const where = "standard output";
  assert(!process.stdout.isTTY, "is a terminal, and a volume is no text", {
    where,
    hint: 'send it on: midash convert in.nii.gz - | ... or "> out.nii.gz"',
  });
  const name = `volume.${(extension ?? "nii.gz").replace(/^\./, "").toLowerCase()}`;
  const known = formats.filter((format) => format.write);
  const write = known.find(({ extensions }) => extensions.some((end) => name === `volume${end}`))?.write;
  const bytesOf = async (volume: Volume, signal?: AbortSignal) => {
    const files = await write!(volume, { name, signal });
    const [bytes] = files.values();
    return files.size === 1 ? bytes! : undefined;
  };
  const one = new Volume({ shape: [1, 1, 1], data: new Uint8Array(1) });
  if (!write || (await bytesOf(one)) === undefined)
    return fail("unsupported", `"${extension}" is not the extension of a format of one file`, {
      where: "--format",
      hint: `use one of ${known.flatMap(({ extensions }) => extensions.map((end) => end.slice(1))).join(", ")} that is one file`,
    });
  return {
    async write(volume, { signal }) {
      const bytes = await bytesOf(volume, signal);
      await new Promise<void>((resolve, reject) => {
        process.stdout.write(bytes!, (error) => (error ? reject(error) : resolve()));
      });
    },
  };
}
