/** Runs the built command line as a user does: a process of its own. Needs `npm run build` first. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";

export const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs midash in a folder, piped. `interruptAt`: sends `signal` once stdout holds this. `main`: another copy of the package. */
export function midashIn(
  folder: string,
  args: readonly string[],
  interruptAt?: string,
  main = MAIN,
  signal: NodeJS.Signals = "SIGINT",
): Promise<Ran> {
  if (!existsSync(main)) throw new Error(`${main} is absent: run \`npm run build\` first`);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args], { cwd: folder });
    let out = "";
    let err = "";
    let interrupted = false;
    child.stdout.on("data", (chunk) => {
      out += chunk;
      if (interruptAt !== undefined && !interrupted && out.includes(interruptAt)) {
        interrupted = true;
        child.kill(signal);
      }
    });
    child.stderr.on("data", (chunk) => {
      err += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out, err }));
  });
}

/** Runs midash with `input` as standard input; what it writes to standard output may be bytes. */
export function midashPiped(
  folder: string,
  args: readonly string[],
  input: Uint8Array = new Uint8Array(),
): Promise<{ readonly code: number | null; readonly out: Uint8Array; readonly err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: folder });
    const out: Uint8Array[] = [];
    let err = "";
    child.stdout.on("data", (chunk) => out.push(chunk));
    child.stderr.on("data", (chunk) => {
      err += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out: new Uint8Array(Buffer.concat(out)), err }));
    child.stdin.on("error", () => undefined); // a command that refuses before it reads
    child.stdin.end(input);
  });
}

/** What stands in the last line of stdout. */
export function lastJson({ out }: Ran): Record<string, unknown> {
  const lines = out.trimEnd().split("\n");
  return JSON.parse(lines[lines.length - 1]!) as Record<string, unknown>;
}

/** Every failure: its exit code, one line on stderr, nothing new on disk. */
export async function refusedIn(
  folder: string,
  args: readonly string[],
  says: string | RegExp,
): Promise<void> {
  const before = await readdir(folder, { recursive: true });
  const { code, out, err } = await midashIn(folder, args);
  expect(err.trimEnd().split("\n"), args.join(" ")).toHaveLength(1);
  expect(err).toMatch(says);
  expect([code, out]).toEqual([2, ""]);
  expect(await readdir(folder, { recursive: true })).toEqual(before);
}
