// The dashboard on this computer: builds the package and the page where they are missing or old, and serves the page with the headers that give it all cores.
//
//   npm run dashboard                  http://localhost:4173
//   npm run dashboard -- --port 8080
//   npm run dashboard -- --build       only builds: examples/dashboard/dist, for any server of files
//   npm run dashboard -- --no-build    only serves what was built before
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");

/** Ends with one line that says what is wrong. */
function end(message, code) {
  console.error(message);
  process.exit(code);
}

const { port, only, built } = readOptions();
const { build, preview } = await import("vite").catch(() =>
  end("The packages that build the page are not there: run npm ci in the repository first.", 1),
);
const page = join(here, "dist/index.html");
if (built) {
  if (!existsSync(page)) end("There is no built page: leave out --no-build.", 1);
} else await buildWhatIsOld();
if (!only) await serve();

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: "string", default: "4173" },
        build: { type: "boolean", default: false },
        "no-build": { type: "boolean", default: false },
      },
    });
    const port = Number(values.port);
    if (!/^\d+$/.test(values.port) || port < 1 || port > 65_535)
      end(`--port: ${values.port} is no port; give a number from 1 to 65535`, 2);
    if (values.build && values["no-build"]) end("--build and --no-build exclude each other", 2);
    return { port, only: values.build, built: values["no-build"] };
  } catch (error) {
    return end(error.message, 2);
  }
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

function written(path) {
  return existsSync(path) ? statSync(path).mtimeMs : 0;
}

async function buildWhatIsOld() {
  const worker = join(root, "dist/worker/page.js");
  const types = join(root, "dist/worker/index.d.ts"); // written last: without it a build was broken off
  if (written(worker) < newest(join(root, "src")) || !existsSync(types)) {
    console.log("building @midash/core: a minute or two ...");
    const npm = process.platform === "win32" ? "npm.cmd" : "npm";
    const { status } = spawnSync(npm, ["run", "build", "--silent"], {
      cwd: root,
      stdio: ["inherit", "ignore", "inherit"],
      shell: process.platform === "win32",
    });
    if (status !== 0) end("the package can't be built: see above", 1);
  }
  // The page finds the package as in a project of its own.
  const link = join(here, "node_modules/@midash/core");
  if (!existsSync(link)) {
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(root, link, "junction");
  }
  if (written(page) < Math.max(newest(here), written(worker))) {
    console.log("building the dashboard ...");
    await build({ root: here, logLevel: "warn" });
  }
}

async function serve() {
  const server = await preview({
    root: here,
    preview: { port, strictPort: true, host: "localhost" },
  }).catch((error) => {
    if (!/in use/.test(error.message)) throw error;
    return end(`port ${port} is in use: give another by --port, e.g. --port ${port + 1}`, 1);
  });
  server.printUrls();
  console.log("  Ctrl-C ends it.");
  const close = () => server.close().finally(() => process.exit(0));
  process.once("SIGINT", close);
  process.once("SIGTERM", close);
}
