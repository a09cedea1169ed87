import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Who may ask for what. The token itself is kept nowhere. */
export interface TokenEntry {
  readonly name: string;
  /** Of the token, in hex. */
  readonly sha256: string;
  /** Jobs that wait, run or are uploaded at once. Default 10. */
  readonly maxJobs?: number;
  /** May pause the queue, and see what failed. */
  readonly admin?: boolean;
}

/** All that can be set, from the environment. */
export interface Settings {
  /** `MIDASH_DATA`: jobs and results. Default "data". */
  readonly data: string;
  /** `MIDASH_HOST`. Default 127.0.0.1: what faces a network belongs behind a proxy that speaks TLS. */
  readonly host: string;
  /** `MIDASH_PORT`. Default 8080; 0: any that is free. */
  readonly port: number;
  /** `MIDASH_WORKERS`: jobs at once, each in a process. Default 1. With a store: of each `npm run worker`. */
  readonly workers: number;
  /** `MIDASH_STORE`: where jobs wait, `redis://...` or `postgres://...`, for workers started by themselves. Default: in this server, whose processes do them. */
  readonly store: string | undefined;
  /** `MIDASH_MODEL`: a model file. Default: the model of heads. */
  readonly model: string | undefined;
  /** `MIDASH_MAX_MB`: of one upload. Default 512. */
  readonly maxBytes: number;
  /** `MIDASH_RETENTION_HOURS`: after which a finished job is deleted with its files. Default 24. */
  readonly retentionMs: number;
  /** `MIDASH_UPLOAD_SECONDS`: that a request may take to arrive. Default 300. */
  readonly uploadMs: number;
  /** `MIDASH_CONNECTIONS`: of clients without a token, at once: of more, the oldest is closed. Default 500. */
  readonly connections: number;
  /** `MIDASH_DASHBOARD`: the built dashboard, served at `/`. Default: `examples/dashboard/dist` beside this, where it is. */
  readonly dashboard: string | undefined;
  /** `<data>/tokens.json`. */
  readonly tokens: readonly TokenEntry[];
}

export const TOKENS = "tokens.json";

/** As seen from `out/main.js`. */
const BUILT = fileURLToPath(new URL("../../dashboard/dist", import.meta.url));

/** @throws Error that says which setting is wrong */
export async function readSettings(env: NodeJS.ProcessEnv): Promise<Settings> {
  const number = (name: string, otherwise: number) => {
    const value = env[name] === undefined ? otherwise : Number(env[name]);
    if (!Number.isFinite(value) || value < 0) throw new Error(`${name} must be a number, got "${env[name]}"`);
    return value;
  };
  const data = env.MIDASH_DATA ?? "data";
  await mkdir(data, { recursive: true, mode: 0o700 });
  const tokens = JSON.parse(await readFile(join(data, TOKENS), "utf8").catch(() => "[]")) as TokenEntry[];
  return {
    data,
    host: env.MIDASH_HOST ?? "127.0.0.1",
    port: number("MIDASH_PORT", 8080),
    workers: number("MIDASH_WORKERS", 1),
    store: storeOf(env.MIDASH_STORE),
    model: env.MIDASH_MODEL,
    maxBytes: number("MIDASH_MAX_MB", 512) * 1e6,
    retentionMs: number("MIDASH_RETENTION_HOURS", 24) * 3.6e6,
    uploadMs: number("MIDASH_UPLOAD_SECONDS", 300) * 1000,
    connections: number("MIDASH_CONNECTIONS", 500),
    dashboard: env.MIDASH_DASHBOARD ?? (existsSync(join(BUILT, "index.html")) ? BUILT : undefined),
    tokens,
  };
}

/** @throws Error for an address of nothing that is known */
export function storeOf(address: string | undefined): string | undefined {
  if (!address) return undefined; // compose files give ""
  if (/^(rediss?|postgres|postgresql):\/\//.test(address)) return address;
  throw new Error("MIDASH_STORE must begin with redis://, rediss:// or postgres://");
}
