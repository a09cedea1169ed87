import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";

/** Of a machine, what one of its workers' processes sees. */
export interface Share {
  readonly env: NodeJS.ProcessEnv;
  /** Starts Node on its cores alone. Absent: on all. */
  readonly execPath?: string;
  readonly execArgv?: readonly string[];
}

/** The n-th of so many shares, from 0: a card, or cores, side by side. Cores are shared out on Linux, by taskset; elsewhere the system does. */
export function shareOf(
  n: number,
  { of, gpus }: { readonly of: number; readonly gpus: readonly string[] },
): Share {
  if (gpus.length > 0) return { env: { ...process.env, CUDA_VISIBLE_DEVICES: gpus[n % gpus.length] } };
  const { env } = process;
  const cores = coresHere();
  if (of === 1 || cores.length === 0) return { env };
  const each = Math.max(1, Math.floor(cores.length / of));
  const mine = Array.from({ length: each }, (_, k) => cores[(n * each + k) % cores.length]);
  return { env, execPath: "taskset", execArgv: ["-c", mine.join(","), process.execPath] };
}

/** Numbers of the cores that this process may use; none where that can't be known. */
function coresHere(): readonly number[] {
  if (process.platform !== "linux") return [];
  const { stdout, status } = spawnSync("taskset", ["-cp", String(process.pid)], { encoding: "utf8" });
  if (status !== 0) return [];
  const cores = stdout
    .slice(stdout.lastIndexOf(":") + 1)
    .split(",")
    .flatMap((part) => {
      const [from, to = from] = part.split("-").map(Number);
      return Array.from({ length: to! - from! + 1 }, (_, k) => from! + k);
    });
  return cores.length === availableParallelism() ? cores : []; // a quota is no set of cores
}
