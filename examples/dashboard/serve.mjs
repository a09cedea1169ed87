// The dashboard on this computer: builds the package and the page where they are missing or old, and serves the page with the headers that give it all cores.
//
//   npm run dashboard                  http://localhost:4173
//   npm run dashboard -- --port 8080
//   npm run dashboard -- --build       only builds: examples/dashboard/dist, for any server of files
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build, preview } from "vite";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const { values } = parseArgs({
  options: { port: { type: "string", default: "4173" }, build: { type: "boolean", default: false } },
});
const port = Number(values.port);
if (!Number.isInteger(port) || port < 1 || port > 65_535) {
  console.error(`--port: ${values.port} is no port; give a number from 1 to 65535`);
  process.exit(2);
}

/** When the newest file below a folder was written. */
function newest(folder) {
  const inside = readdirSync(folder, { withFileTypes: true }).filter(
    ({ name }) => !/^(node_modules|dist)$/.test(name),
  );
  return Math.max(
    0,
    ...inside.map((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? newest(path) : statSync(path).mtimeMs;
    }),
  );
}
const written = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

if (written(join(root, "dist/worker/page.js")) < newest(join(root, "src"))) {
  console.log("building @midash/core ...");
  const { status } = spawnSync("npm", ["run", "build", "--silent"], { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(1);
}
// The page finds the package as in a project of its own.
const link = join(here, "node_modules/@midash/core");
if (!existsSync(link)) {
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(root, link, "junction");
}
const page = written(join(here, "dist/index.html"));
if (page < Math.max(newest(here), written(join(root, "dist/worker/page.js")))) {
  console.log("building the dashboard ...");
  await build({ root: here, logLevel: "warn" });
}
if (!values.build) {
  const server = await preview({ root: here, preview: { port, strictPort: true, host: "localhost" } });
  server.printUrls();
}
