import { fail, MidashError } from "../../base/errors/index.ts";

/** What TypeScript's DOM does not know of a file handle: in all browsers of today, the first in workers only. */
export interface OpfsFile extends FileSystemFileHandle {
  createSyncAccessHandle?(): Promise<{
    truncate(size: number): void;
    write(bytes: Uint8Array, options: { readonly at: number }): number;
    flush(): void;
    close(): void;
  }>;
  move?(name: string): Promise<void>;
}

/** A folder of the origin's private file system, OPFS: files that this browser keeps for this site alone, and no dialog shows. */
export interface OpfsFolder extends FileSystemDirectoryHandle {
  entries(): AsyncIterable<[name: string, entry: FileSystemHandle]>;
  getFileHandle(name: string, options?: FileSystemGetFileOptions): Promise<OpfsFile>;
}

/** @throws MidashError `unsupported` where there is none: in Node, in pages without https (but localhost), in private windows of some browsers */
async function opfsRoot(): Promise<OpfsFolder> {
  const storage = globalThis.navigator?.storage;
  const hint = "serve the page from localhost or by https, not in a private window";
  if (typeof storage?.getDirectory !== "function")
    fail("unsupported", "there is no private file system (OPFS) here", { where: "this browser", hint });
  try {
    return (await storage.getDirectory()) as OpfsFolder;
  } catch (cause) {
    throw new MidashError("unsupported", "its private file system (OPFS) is closed to this page", {
      where: "this browser",
      hint,
      cause,
    });
  }
}

/** @returns `undefined` where it is not there and is not to be made */
export async function opfsFolder(path: string, create: true): Promise<OpfsFolder>;
export async function opfsFolder(path: string, create: boolean): Promise<OpfsFolder | undefined>;
export async function opfsFolder(path: string, create: boolean): Promise<OpfsFolder | undefined> {
  let folder = await opfsRoot();
  for (const name of path.split("/").filter(Boolean))
    try {
      folder = (await folder.getDirectoryHandle(name, { create })) as OpfsFolder;
    } catch (cause) {
      if (isAbsent(cause)) return undefined;
      throw cause;
    }
  return folder;
}

export function isAbsent(error: unknown): boolean {
  return error instanceof DOMException && error.name === "NotFoundError";
}
