import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ServerSays } from "./client.ts";
import { stdoutLog } from "./log.ts";
import { stampOf } from "./stamp.ts";
import { doEntry } from "./watched-case.ts";

/** `npm run watch`: each file or folder that comes into a folder, and has not changed for a while, becomes a job of a server; results lie in the folder of the same name with "-out". Names stay there: the log numbers entries. */
const { MIDASH_WATCH, MIDASH_TOKEN: token, MIDASH_SERVER: origin = "http://127.0.0.1:8080" } = process.env;
const still = 1000 * Number(process.env.MIDASH_WATCH_SECONDS ?? 10);
const labels = process.env.MIDASH_WATCH_LABELS === "true";
if (!MIDASH_WATCH || !token || !Number.isFinite(still)) {
  process.stderr.write(
    "set MIDASH_WATCH to a folder, MIDASH_TOKEN to a token of the server; see docs/deploy.md\n",
  );
  process.exit(2);
}
const folder = resolve(MIDASH_WATCH);
const results = join(dirname(folder), `${basename(folder)}-out`);
const end = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => end.abort());

/** Since when an entry is as it is. */
const seen = new Map<string, { readonly stamp: string; readonly since: number }>();
let n = 0;

/** Whether there is an outcome of this very entry. */
async function isSettled(name: string, stamp: string): Promise<boolean> {
  const read = (path: string) => readFile(join(results, path), "utf8").catch(() => "");
  const texts = await Promise.all([read(join(name, "stamp")), read(`${name}.failed.txt`)]);
  return texts.some((text) => text.includes(stamp));
}

async function settle(name: string, stamp: string): Promise<void> {
  const entry = ++n;
  const failed = join(results, `${name}.failed.txt`);
  stdoutLog({ event: "watched", entry });
  for (;;)
    try {
      const options = { server: { origin, token: token! }, labels, stamp, signal: end.signal };
      await doEntry(join(folder, name), join(results, name), options);
      await rm(failed, { force: true });
      stdoutLog({ event: "written", entry });
      return;
    } catch (error) {
      if (end.signal.aborted) return;
      const away = error instanceof TypeError && error.message === "fetch failed";
      const full = (error as NodeJS.ErrnoException).code === "ENOSPC";
      if (away || full || (error instanceof ServerSays && error.passing)) {
        await sleep(5000, undefined, { signal: end.signal }).catch(() => undefined);
        continue;
      }
      const why = error instanceof Error ? error.message : String(error);
      await rm(join(results, `${name}.tmp`), { recursive: true, force: true });
      await writeFile(failed, `${why}\n\nRemove this file to have it tried again. (${stamp})\n`, {
        mode: 0o600,
      });
      stdoutLog({ event: "failed", entry });
      return;
    }
}

await mkdir(results, { recursive: true, mode: 0o700 });
stdoutLog({ event: "watching" });
while (!end.signal.aborted) {
  for (const name of await readdir(folder)) {
    if (name.startsWith(".") || end.signal.aborted) continue;
    const stamp = await stampOf(join(folder, name));
    if (stamp === undefined) continue;
    const before = seen.get(name);
    if (before?.stamp !== stamp) seen.set(name, { stamp, since: performance.now() });
    else if (performance.now() - before.since >= still && !(await isSettled(name, stamp)))
      await settle(name, stamp);
  }
  await sleep(Math.min(2000, still), undefined, { signal: end.signal }).catch(() => undefined);
}
