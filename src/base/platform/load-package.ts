import { MidashError } from "../errors/index.ts";
import { askNpm, globalFolders } from "./global-folders.ts";
import { installCommand } from "./install-command.ts";
import { type NodeProcess, nodeModule, nodeProcess } from "./node-modules.ts";

/** Options of {@link loadPackage}. */
export interface LoadPackageOptions {
  /** What errors begin with. Default: the package. */
  readonly where?: string;
  /** What it is for, in words. */
  readonly why?: string;
  /** npm's flags and the package: "--ignore-scripts onnxruntime-node". Default: the package. */
  readonly install?: string;
  /** What stands behind the command, in brackets. */
  readonly note?: string;
  /** An import that bundlers see. Default: none, for packages of Node alone. */
  readonly load?: () => Promise<unknown>;
}

/**
 * Loads an optional package from where its user has it: beside this package, as any import would; in Node then from the working
 * directory, and from where `npm install -g` puts packages. What npx runs lies in a folder of its own, beside which there is nothing.
 *
 * @throws MidashError `missing-package`, with a command that installs it
 */
export async function loadPackage<T>(name: string, options: LoadPackageOptions = {}): Promise<T> {
  const { where = name, why, install = name, note, load } = options;
  const process = nodeProcess();
  let cause: unknown;
  try {
    if (load) return inner<T>(await load());
  } catch (error) {
    cause = error;
  }
  const found = process && (await find(name, process));
  if (found && "loaded" in found) return inner<T>(found.loaded);
  const what = found
    ? `the package ${name} in ${found.path} does not load: ${String(found.error).split("\n")[0]}`
    : `the package ${name} is not installed${process ? "" : ", or does not load"}`;
  const command = process ? installCommand(install, thisFile(), process) : `npm install ${install}`;
  throw new MidashError("missing-package", [what, why].filter(Boolean).join(": "), {
    where,
    hint: note === undefined ? command : `${command} (${note})`,
    cause: found?.error ?? cause,
  });
}

/** CommonJS packages come as the default when imported. */
function inner<T>(loaded: unknown): T {
  return ((loaded as { readonly default?: unknown }).default ?? loaded) as T;
}

type Found = { readonly loaded: unknown } | { readonly path: string; readonly error: unknown };

/** The first that loads, else the first that does not; `undefined` where there is none. */
async function find(name: string, process: NodeProcess): Promise<Found | undefined> {
  let broken: Found | undefined;
  for await (const place of places(process)) {
    let path: string | undefined;
    try {
      const require = nodeModule("node:module")!.createRequire(place); // a variable's import would alarm bundlers
      path = require.resolve(name);
      return { loaded: require(path) };
    } catch (error) {
      if (path !== undefined) broken ??= { path, error };
    }
  }
  return broken;
}

/** Files, there or not, that see what their folders hold. npm is asked when nothing else is left. */
async function* places(process: NodeProcess): AsyncGenerator<string> {
  yield thisFile();
  yield `${process.cwd()}/file.js`;
  for (const folder of globalFolders(process)) yield `${folder}/file.js`;
  const folder = await askNpm(process);
  if (folder !== undefined) yield `${folder}/file.js`;
}

/** CJS has no import.meta, ESM no __filename. */
function thisFile(): string {
  return typeof __filename === "string" ? __filename : nodeModule("node:url")!.fileURLToPath(import.meta.url);
}
