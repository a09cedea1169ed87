/**
 * The package as a user gets it: packed, and installed by npm into a project outside the repository. Needs `npm run build`
 * first, and a registry (or npm's cache) for the dependencies: with MIDASH_OFFLINE=1 tests that install are skipped.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
export const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");

export const offline = process.env.MIDASH_OFFLINE === "1";
/** For the titles of tests that are skipped then. */
export const OFFLINE_NOTE = offline ? " (skipped: MIDASH_OFFLINE=1, no registry to install from)" : "";

/**
 * Runs a program to its end.
 *
 * @param more variables of the environment
 * @returns what it wrote to stdout
 * @throws an Error with all its output when it fails
 */
export async function run(
  command: string,
  arguments_: readonly string[],
  cwd: string,
  more: Readonly<Record<string, string>> = {},
): Promise<string> {
  // A parent npm's settings (npm test) must not reach the child's: it would work in our folder.
  const kept = Object.entries(process.env).filter(
    ([key]) => !/^(npm_(?!config_registry)|INIT_CWD|NODE_OPTIONS|VITEST)/i.test(key),
  );
  const env = { ...Object.fromEntries(kept), ...more };
  try {
    const { stdout } = await promisify(execFile)(command, [...arguments_], { cwd, env, maxBuffer: 2 ** 26 });
    return stdout;
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout?: string; readonly stderr?: string };
    throw new Error(`${command} ${arguments_.join(" ")} failed\n${stdout ?? ""}\n${stderr ?? ""}`, {
      cause: error,
    });
  }
}

/** Packs a package folder (default: this one) into `folder`. @returns the path of the .tgz */
async function pack(folder: string, source: string = root): Promise<string> {
  const before = await readdir(folder);
  await run("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], source);
  const [tarball] = (await readdir(folder)).filter((n) => n.endsWith(".tgz") && !before.includes(n));
  return join(folder, tarball!);
}

/** `npm install` of packages (tarballs, or none: what package.json names) in a project. */
export async function install(project: string, packages: readonly string[] = []): Promise<void> {
  const quiet = ["--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];
  await run("npm", ["install", ...quiet, ...packages], project);
}

/**
 * Gives `work` an empty project outside the repository, with `files` (path to text) in it and this package packed beside
 * it, not yet installed. Removed afterwards.
 */
export async function withProject<T>(
  files: Readonly<Record<string, string>>,
  work: (project: string, tarball: string) => Promise<T>,
): Promise<T> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "midash-package-")));
  try {
    const tarball = await pack(folder);
    const project = join(folder, "project");
    await mkdir(project);
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(project, path)), { recursive: true });
      await writeFile(join(project, path), text);
    }
    return await work(project, tarball);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
