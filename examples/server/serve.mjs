// The server in a clone of the repository: builds the package, the dashboard and the server where they are missing or old, and starts it. In examples/server/data lies what it keeps.
//
//   npm run server                  http://127.0.0.1:8080
//   npm run server -- token me      prints a token
//   npm run server -- --build       only builds
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");

/** What it says goes to the standard error, so that a token stands alone. */
function run(command, args) {
  const shell = process.platform === "win32";
  const { status } = spawnSync(command, args, { cwd: here, stdio: ["ignore", 2, 2], shell });
  if (status !== 0) process.exit(status ?? 1);
}

run(process.execPath, ["../dashboard/serve.mjs", "--build"]); // and the package
const link = join(here, "node_modules/@midash/core");
if (!existsSync(link)) {
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(root, link, "junction");
}
run("npm", ["run", "--silent", "build"]);
if (!process.argv.includes("--build")) {
  process.chdir(here);
  await import("./out/main.js");
}
