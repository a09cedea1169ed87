/** A server, workers and a store for a check, as they would be started. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, run } from "../../support/pack.ts";
import { phantomQueue } from "../../support/phantom-queue.ts";
import { buildServer } from "../../support/server.ts";
import { freePort, openStore, type Store, type StoreName } from "../../support/stores.ts";
import { type Line, type Supervised, supervise } from "../../support/supervised.ts";
import { referenceOf } from "./outputs.ts";

export interface Setting {
  readonly folder: string;
  readonly app: string;
  readonly model: string;
  readonly store: Store;
  readonly reference: readonly string[];
  readonly port: number;
  /** A token of the server's. */
  readonly token: string;
  worker(options?: {
    readonly env?: Readonly<Record<string, string>>;
    readonly onLine?: (line: Line) => void;
    readonly after?: () => number;
    readonly by?: readonly string[];
  }): Supervised;
  server(options?: {
    readonly env?: Readonly<Record<string, string>>;
    readonly onLine?: (line: Line) => void;
    readonly after?: () => number;
  }): Supervised;
  /** `npm run enqueue`. */
  enqueue(cases: string, out: string, options?: readonly string[]): Enqueuer;
  /** `npm run dead -- --json`. */
  dead(options?: readonly string[]): Promise<readonly Line[]>;
}

/** A run of it, that can be killed. */
export interface Enqueuer {
  /** With its exit code; null where a signal ended it. */
  readonly ended: Promise<number | null>;
  kill(signal: NodeJS.Signals): void;
}

/** @param cases in `<folder>/cases` */
export async function makeSetting(name: StoreName, cases: number): Promise<Setting> {
  const folder = await mkdtemp(join(tmpdir(), "midash-queue-"));
  const app = await buildServer("bundle");
  await phantomQueue(folder, cases);
  const model = join(folder, "model.safetensors");
  const main = join(root, "dist/cli/main.js");
  const made = join(folder, "reference");
  execFileSync(
    process.execPath,
    [main, "process", join(folder, "distinct"), "--out", made, "--model", model, "--json"],
    { stdio: ["ignore", "ignore", "ignore"] },
  );
  const store = await openStore(name, join(folder, "store"));
  const port = await freePort();
  const data = join(folder, "data");
  await mkdir(data);
  const env = {
    MIDASH_STORE: store.address,
    MIDASH_MODEL: model,
    MIDASH_DATA: data,
    MIDASH_PORT: String(port),
  };
  const token = (await run(process.execPath, ["out/main.js", "token", "check"], app, env)).trim();
  const tokens = join(data, "tokens.json");
  const [entry] = JSON.parse(await readFile(tokens, "utf8")) as object[];
  await writeFile(tokens, JSON.stringify([{ ...entry, maxJobs: 1e6 }]));
  const program = (script: string) => join(app, "out", script);
  return {
    ...{ folder, app, model, store, port, token },
    reference: await referenceOf(made),
    worker: (options = {}) =>
      supervise(program("worker.js"), { ...options, cwd: app, env: { ...env, ...options.env } }),
    server: (options = {}) =>
      supervise(program("main.js"), { ...options, cwd: app, env: { ...env, ...options.env } }),
    enqueue(cohort, out, options = []) {
      const child = spawn(
        process.execPath,
        ["out/enqueue.js", cohort, "--out", out, "--model", model, ...options],
        { cwd: app, env: { ...process.env, ...env }, stdio: ["ignore", "ignore", "inherit"] },
      );
      return {
        ended: once(child, "exit").then(([code]) => code as number | null),
        kill: (signal) => void child.kill(signal),
      };
    },
    async dead(options = []) {
      const text = await run(process.execPath, ["out/dead.js", "--json", ...options], app, env);
      return text
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Line);
    },
  };
}
