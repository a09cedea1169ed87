/** Real stores for the server's queue, from Debian's packages: each in a folder of its own, on a free port, to be killed and started again. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { chmod, chown, mkdir } from "node:fs/promises";
import { createServer } from "node:net";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { Client } from "pg";

export type StoreName = "redis" | "postgres";

export interface Store {
  readonly name: StoreName;
  /** For `MIDASH_STORE`. */
  readonly address: string;
  readonly pid: number | undefined;
  /** Resolves when it answers. */
  start(): Promise<void>;
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** Why a store can't be started here; undefined where it can. */
export function storeMissing(name: StoreName): string | undefined {
  if (name === "redis") return onPath("redis-server") ? undefined : "no redis-server here";
  return postgresPrograms() ? undefined : "no PostgreSQL here";
}

/** @param folder is made */
export async function openStore(name: StoreName, folder: string): Promise<Store> {
  const port = await freePort();
  return name === "redis" ? redis(folder, port) : postgres(folder, port);
}

/** Each write is on disk before it is acknowledged: a machine that loses power loses no job that was put in. */
const REDIS_SETTINGS = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""];

async function redis(folder: string, port: number): Promise<Store> {
  await mkdir(folder, { recursive: true });
  return server("redis", `redis://127.0.0.1:${port}`, {
    command: ["redis-server", "--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder, ...REDIS_SETTINGS],
    async ready(address) {
      const client = new Redis(address, { retryStrategy: () => null, lazyConnect: true });
      client.on("error", () => undefined);
      try {
        await client.connect();
        await client.ping();
      } finally {
        client.disconnect();
      }
    },
  });
}

async function postgres(folder: string, port: number): Promise<Store> {
  const programs = postgresPrograms()!;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  let as: string[] = [];
  if (process.getuid?.() === 0) {
    // It refuses to be root.
    const [uid, gid] = ["-u", "-g"].map((flag) =>
      Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" })),
    ) as [number, number];
    await chown(folder, uid, gid);
    await chmod(dirname(folder), 0o711);
    as = ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
  }
  const data = join(folder, "data");
  const [make, ...options] = [...as, join(programs, "initdb"), "-D", data, "-A", "trust", "-U", "midash"];
  execFileSync(make!, [...options, "--no-sync", "-E", "UTF8", "--no-locale"], { cwd: folder });
  const settings = [`port=${port}`, "listen_addresses=127.0.0.1", `unix_socket_directories=${folder}`];
  return server("postgres", `postgres://midash@127.0.0.1:${port}/postgres`, {
    command: [...as, join(programs, "postgres"), "-D", data, ...settings.flatMap((one) => ["-c", one])],
    async ready(address) {
      const client = new Client({ connectionString: address });
      client.on("error", () => undefined);
      try {
        await client.connect();
        await client.query("SELECT 1");
      } finally {
        await client.end().catch(() => undefined);
      }
    },
  });
}

function server(
  name: StoreName,
  address: string,
  how: { readonly command: readonly string[]; ready(address: string): Promise<void> },
): Store {
  let child: ChildProcess | undefined;
  return {
    name,
    address,
    get pid() {
      return child?.pid;
    },
    async start() {
      for (let tries = 0; tries < 600; tries++) {
        if (!child || child.exitCode !== null || child.signalCode !== null) {
          const [program, ...options] = how.command;
          child = spawn(program!, options, { stdio: "ignore", cwd: "/" });
        }
        await sleep(100);
        const answers = await how.ready(address).then(
          () => true,
          () => false,
        );
        if (answers) return;
      }
      throw new Error(`${name} does not answer`);
    },
    async kill(signal) {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill(signal);
      await gone;
    },
  };
}

/** The folder of PostgreSQL's programs, which Debian keeps from the path. */
function postgresPrograms(): string | undefined {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...versions.map((one) => join(debian, one, "bin")), ...searchPath()];
  return folders.find((one) => existsSync(join(one, "initdb")) && existsSync(join(one, "postgres")));
}

function onPath(program: string): boolean {
  return searchPath().some((folder) => existsSync(join(folder, program)));
}

function searchPath(): readonly string[] {
  return (process.env.PATH ?? "").split(delimiter);
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, "close");
  return port;
}
