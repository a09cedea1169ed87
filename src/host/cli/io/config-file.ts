import { readFile, stat } from "node:fs/promises";
import { extname, join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { fail, MidashError } from "../../../base/errors/index.ts";
import { assertConfig, type MidashConfig } from "../../../road/training/index.ts";

/** Names that a config is looked for under, in this order; the first that is there counts. */
const CONFIG_FILES = ["ts", "mts", "js", "mjs", "cjs", "json"].map((end) => `midash.config.${end}`);

/** A config and the file it came from. */
export interface ConfigFile {
  /** As the user gave or would give it. */
  readonly path: string;
  readonly config: MidashConfig;
  /** Plugins that JSON can only name: another config must bring them. */
  readonly needs: readonly string[];
}

/** The config's path in a folder, when it has one. */
export async function findConfig(folder: string): Promise<string | undefined> {
  for (const name of CONFIG_FILES) {
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found?.isFile()) return relative(process.cwd(), join(folder, name));
  }
  return undefined;
}

/**
 * Loads a config: JSON as it stands, anything else as a module's default export. What it imports is found from its own
 * folder.
 *
 * @throws MidashError naming the file, and the line where it is known
 */
export async function loadConfig(path: string): Promise<ConfigFile> {
  const found = await stat(path).catch(() => undefined);
  if (!found) return fail("not-found", "no such file", { where: path, hint: "check the path" });
  if (!found.isFile())
    return fail("io", "is a folder, not a file", { where: path, hint: "give the path of a config" });
  const json = extname(path) === ".json";
  const value = json
    ? withoutDigest(parseJson(await readFile(path, "utf8"), path))
    : await defaultExport(path);
  assertConfig(value, path);
  const plugins: readonly unknown[] = value.plugins ?? [];
  const needs = json ? plugins.filter((plugin) => typeof plugin === "string") : [];
  return {
    path,
    config: { ...value, plugins: value.plugins?.filter((plugin) => typeof plugin !== "string" || !json) },
    needs,
  };
}

/** The checksum of a run's own config is no setting. */
function withoutDigest(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const { sha256: _, ...config } = value as { readonly sha256?: unknown };
  return config;
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const { message } = cause as Error;
    const at = /position (\d+)/.exec(message)?.[1];
    const line = at === undefined ? "" : `:${text.slice(0, Number(at)).split("\n").length}`;
    throw new MidashError("invalid-file", `is not JSON: ${message}`, {
      where: path + line,
      hint: "mend it",
      cause,
    });
  }
}

async function defaultExport(path: string): Promise<unknown> {
  const absolute = resolve(path);
  const module = await load(absolute).catch((error: unknown) => {
    throw loadError(error, path);
  });
  if ("default" in module) return module.default;
  return fail("invalid-file", "exports nothing by default", {
    where: path,
    hint: "write export default defineConfig({ ... })",
  });
}

/** By Node itself where it can, which keeps one copy of each module; else by jiti, which reads TypeScript and mixed modules. */
async function load(absolute: string): Promise<object> {
  if (!/\.m?ts$/.test(absolute))
    try {
      return (await import(pathToFileURL(absolute).href)) as object;
    } catch (error) {
      if (!isOfModules(error)) throw error;
    }
  const { createJiti } = await import("jiti");
  const jiti = createJiti(import.meta.url, { fsCache: false, moduleCache: false, interopDefault: false });
  const module = await jiti.import<object>(absolute);
  const commonjs = /\.c?js$/.test(absolute) && !("__esModule" in module) && !("default" in module);
  return commonjs ? { default: module } : module;
}

/** Whether Node failed to read or find a module, which jiti may not, and not code that threw. */
function isOfModules(error: unknown): boolean {
  const { code = "" } = error as NodeJS.ErrnoException;
  const mixed =
    error instanceof ReferenceError && /^(require|module|exports) is not defined/.test(error.message);
  return error instanceof SyntaxError || mixed || code.startsWith("ERR_") || code === "MODULE_NOT_FOUND";
}

/** One line: the file, the line that is to blame, and what it said. */
function loadError(error: unknown, path: string): MidashError {
  const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
  const parse = /^ParseError: (.*?)\s*\n\s*(.+):(\d+):\d+\s*$/s.exec(message);
  const frame = stack.split("\n").map(placeOf).find(Boolean);
  const [file, line] = parse ? [parse[2]!, parse[3]!] : (frame ?? []);
  const own = file === undefined || resolve(file) === resolve(path);
  const place = own ? "" : ` (${relative(process.cwd(), file)}:${line})`;
  const what = (parse?.[1] ?? message).split("\n")[0]!.trim();
  return new MidashError("invalid-file", `can't be loaded: ${what}${place}`, {
    where: own && line !== undefined ? `${path}:${line}` : path,
    hint: "mend it, or leave it out by --no-config",
    cause: error,
  });
}

/** The folder of this package's built code. */
const OURS = fileURLToPath(new URL("..", import.meta.url));

/** File and line of a stack's line, when it is the user's own code. */
function placeOf(line: string): readonly [file: string, line: string] | undefined {
  const [, place, number] =
    /^\s+at (?:.*\()?((?:file:\/\/)?\/.+?|[A-Z]:\\.+?):(\d+):\d+\)?$/.exec(line) ?? [];
  if (place === undefined) return undefined;
  const file = place.startsWith("file:") ? fileURLToPath(place) : place;
  return /[\\/]node_modules[\\/]/.test(file) || file.startsWith(OURS) ? undefined : [file, number!];
}
