// The Python of the benchmarks' peers: a virtual environment in .bench/venv with bench/peers/requirements.txt.
//
//   npm run bench:setup            needs Python 3.11 to 3.13 as python3, or MIDASH_PYTHON=/path/to/python
//
// PyTorch's wheel for Linux carries its GPU libraries, some gigabytes; the peers use the CPU.
import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = join(".bench", "venv");
const python = join(
  folder,
  ...(process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"]),
);
const requirements = fileURLToPath(new URL("./peers/requirements.txt", import.meta.url));

/** The exit code; 127 when there is no such program. */
function run(file, ...args) {
  const { status, error } = spawnSync(file, args, { stdio: "inherit" });
  return error ? 127 : (status ?? 1);
}

function stop(what) {
  console.error(`bench:setup: ${what}`);
  process.exit(1);
}

if (!existsSync(python)) {
  const base = process.env.MIDASH_PYTHON ?? (process.platform === "win32" ? "python" : "python3");
  if (run(base, "-m", "venv", folder) !== 0) {
    rmSync(folder, { recursive: true, force: true });
    stop(
      `${base} can't make a virtual environment; install Python 3.11 to 3.13 with venv, or set MIDASH_PYTHON`,
    );
  }
}
if (run(python, "-m", "pip", "install", "--quiet", "-r", requirements) !== 0)
  stop(`pip could not install ${requirements}; see above, then run it again`);
console.log(`Peers ready: ${python}`);
