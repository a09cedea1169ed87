import { open, rm } from "node:fs/promises";

/** An upload that is refused, and the status that says so. */
export class Refused extends Error {
  readonly status: 400 | 408 | 413 | 507;

  constructor(status: Refused["status"], message: string) {
    super(message);
    this.status = status;
  }
}

/** Streams a body to a file: never more of it in memory than a piece. Of one that is refused nothing stays. @throws Refused */
export async function streamToFile(
  body: ReadableStream<Uint8Array> | null,
  path: string,
  { maxBytes, length }: { readonly maxBytes: number; readonly length: number | undefined },
): Promise<number> {
  if (!body) throw new Refused(400, "the body is empty: send the file as it is");
  if (length !== undefined && length > maxBytes) throw new Refused(413, tooLarge(maxBytes));
  const handle = await open(path, "wx", 0o600);
  let bytes = 0;
  try {
    for await (const piece of body) {
      bytes += piece.length;
      if (bytes > maxBytes) throw new Refused(413, tooLarge(maxBytes));
      await handle.write(piece);
    }
    if (bytes === 0) throw new Refused(400, "the body is empty: send the file as it is");
    if (length !== undefined && bytes !== length)
      throw new Refused(400, `${bytes} of ${length} bytes arrived: send it again`);
    await handle.sync();
  } catch (cause) {
    await rm(path, { force: true });
    if (cause instanceof Refused) throw cause;
    const full = (cause as NodeJS.ErrnoException).code === "ENOSPC";
    throw full
      ? new Refused(507, "the server's disk is full: try again later")
      : new Refused(400, "the upload broke off");
  } finally {
    await handle.close();
  }
  return bytes;
}

function tooLarge(maxBytes: number): string {
  return `larger than ${maxBytes / 1e6} MB, the limit of this server`;
}
