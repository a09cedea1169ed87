/** The server of examples/, built as its README says, in a folder of its own. Needs `npm run build` first. */
import { cp, mkdir, mkdtemp, readFile, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { root, run } from "./pack.ts";
import { type Started, started } from "./started.ts";

/** @param script of its package.json: "bundle" leaves the types unchecked. @returns the folder; whoever asked removes it */
export async function buildServer(script: "build" | "bundle" = "build"): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "midash-server-"));
  await cp(join(root, "examples/server"), folder, {
    recursive: true,
    filter: (path) => !/node_modules|[\\/](out|data)$/.test(path.slice(root.length)),
  });
  const { dependencies, devDependencies } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  for (const name of Object.keys({ ...dependencies, ...devDependencies })) {
    const place = join(folder, "node_modules", name);
    await mkdir(dirname(place), { recursive: true });
    await symlink(name === "@midash/core" ? root : join(root, "node_modules", name), place, "junction");
  }
  const PATH = [join(root, "node_modules/.bin"), process.env.PATH].join(delimiter);
  await run("npm", ["run", "--silent", script], folder, { PATH });
  return folder;
}

/** A token by the server's own command, and what else its entry says. */
export async function newToken(
  folder: string,
  name: string,
  more: { readonly maxJobs?: number; readonly admin?: boolean } = {},
): Promise<string> {
  const token = (await run(process.execPath, ["out/main.js", "token", name], folder)).trim();
  const path = join(folder, "data/tokens.json");
  const entries = JSON.parse(await readFile(path, "utf8")) as { readonly name: string }[];
  await writeFile(
    path,
    JSON.stringify(entries.map((entry) => (entry.name === name ? { ...entry, ...more } : entry))),
  );
  return token;
}

/** A server that listens. */
export interface RunningServer extends Started {
  readonly port: number;
}

/** Starts it on a port that is free. */
export async function startServer(
  folder: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<RunningServer> {
  const listening = /"port":(\d+)/;
  const env = { ...process.env, MIDASH_PORT: "0", ...settings };
  const server = await started(["out/main.js"], listening, { cwd: folder, env });
  return { ...server, port: Number(listening.exec(server.said())![1]) };
}
