import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { version } from "../../../../package.json";
import type { RunStore } from "../../../road/training/index.ts";
import { jsonBytes, nextRecord, RUN_RECORD, type RunStart } from "../../runs/index.ts";

/** Milliseconds that git may take. */
const PATIENCE = 5000;

/** Writes down that the run starts, or goes on. */
export async function recordStart(
  folder: RunStore,
  start: Parameters<typeof nextRecord>[0],
  of: Parameters<typeof nextRecord>[1],
): Promise<void> {
  const before = await folder.read(RUN_RECORD);
  const versions = { midash: version, node: process.versions.node, tfjs: tfjsVersion() };
  const where = { versions, git: await gitOf(process.cwd()) };
  const record = nextRecord(start, of, where, before && new TextDecoder().decode(before));
  await folder.write(RUN_RECORD, jsonBytes(record));
}

function tfjsVersion(): string | null {
  try {
    return (createRequire(import.meta.url)("@tensorflow/tfjs-core/package.json") as { version: string })
      .version;
  } catch {
    return null;
  }
}

async function gitOf(folder: string): Promise<RunStart["git"]> {
  const revision = await git(folder, "rev-parse", "HEAD");
  if (revision === undefined) return null;
  return { revision, changed: (await git(folder, "status", "--porcelain", "--untracked-files=no")) !== "" };
}

/** What git says; `undefined` where there is none, or no repository. */
function git(folder: string, ...args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile("git", args, { cwd: folder, timeout: PATIENCE }, (error, stdout) =>
      resolve(error ? undefined : stdout.trim()),
    );
  });
}
