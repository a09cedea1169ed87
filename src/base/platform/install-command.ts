import { type NodeProcess, nodeModule } from "./node-modules.ts";

/** Where npx, and those like it, keep what they run. `npx midash` in a project that has it runs the project's own. */
const TEMPORARY = /[\\/](_npx|dlx|dlx-[^\\/]+|xfs-[^\\/]+|bunx-[^\\/]+)[\\/]/;

/** The folder that holds the `node_modules` which a file lies in. */
const HOME = /^(.*?)[\\/]node_modules[\\/]/;

/**
 * How to get a package that is missing, as a command that works in the way that this one was started: by npx, from a global
 * installation, or from a project.
 *
 * @param install the package, with npm's flags before it: "--ignore-scripts onnxruntime-node"
 * @param file one of this package
 */
export function installCommand(install: string, file: string, { env }: Pick<NodeProcess, "env">): string {
  if (TEMPORARY.test(file)) {
    const ours = (env.npm_config_package || "@midash/core").split(/\s*\n\s*/);
    const [wanted, ...flags] = install.split(" ").reverse();
    const once = ["npx", ...flags, ...[...ours, wanted].map((name) => `-p ${name}`), "midash ..."].join(" ");
    return `npm install --prefix . ${install} in this folder, then the same command again, or without installing: ${once}`;
  }
  // npm gives each project a package.json, and its global folder none.
  const home = HOME.exec(file)?.[1];
  const global = home !== undefined && nodeModule("node:fs")?.existsSync(`${home}/package.json`) === false;
  return `npm install ${global ? "-g " : ""}${install}`;
}
