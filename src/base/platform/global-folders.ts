import { type NodeProcess, nodeModule } from "./node-modules.ts";

/** What is looked at of a process. */
type Surroundings = Pick<NodeProcess, "env" | "execPath" | "platform">;

/** Milliseconds that npm may take to say where it installs. */
const PATIENCE = 10_000;

/**
 * The folders in which `npm install -g` puts packages, as far as they are known without asking npm: of its settings in the environment, and beside
 * Node's own binary, where npm's default is.
 */
export function globalFolders({ env, execPath, platform }: Surroundings): readonly string[] {
  const windows = platform === "win32";
  const binary = execPath.replace(/[\\/][^\\/]*$/, "");
  const prefixes = [
    env.npm_config_global_prefix,
    env.npm_config_prefix,
    env.PREFIX,
    ...(windows ? [env.APPDATA && `${env.APPDATA}\\npm`, binary] : [binary.replace(/[\\/][^\\/]*$/, "")]),
  ];
  const folders = prefixes
    .filter(Boolean)
    .map((prefix) => `${prefix}${windows ? "\\" : "/lib/"}node_modules`);
  return [...new Set(folders)];
}

/** The folder as npm says it, which takes some tenths of a second; `undefined` where there is no npm. */
export async function askNpm({ env, execPath, platform }: Surroundings): Promise<string | undefined> {
  const child = nodeModule("node:child_process");
  const own = env.npm_execpath?.endsWith(".js") ? env.npm_execpath : undefined;
  const [file, ...args] = own ? [execPath, own, "root", "-g"] : ["npm", "root", "-g"];
  return new Promise((resolve) => {
    if (!child) return resolve(undefined);
    const options = { timeout: PATIENCE, shell: !own && platform === "win32" }; // npm is a script there
    child.execFile(file, args, options, (error, stdout) =>
      resolve(error ? undefined : stdout.trim() || undefined),
    );
  });
}
