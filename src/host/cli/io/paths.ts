import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";

/** What lies under a path, links followed; `undefined` when nothing does. */
async function found(path: string): Promise<Stats | undefined> {
  return stat(path).catch(() => undefined);
}

export async function isThere(path: string): Promise<boolean> {
  return (await found(path)) !== undefined;
}

export async function isFile(path: string): Promise<boolean> {
  return (await found(path))?.isFile() ?? false;
}

export async function isFolder(path: string): Promise<boolean> {
  return (await found(path))?.isDirectory() ?? false;
}
