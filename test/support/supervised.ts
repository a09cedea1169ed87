/** A program that is started again whenever it ends, as an init system does, and what it says. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

export type Line = Readonly<Record<string, string | number>>;

export interface Supervised {
  readonly pid: number | undefined;
  /** Of the processes that it started. */
  readonly children: readonly number[];
  /** Lines of its log, since the first start. */
  readonly lines: readonly Line[];
  /** Resolves with the line when there is one of that event after so many lines. */
  says(event: string, after?: number): Promise<Line>;
  kill(signal: NodeJS.Signals): void;
  /** @returns its exit code, null where a signal ended it */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export function supervise(
  script: string,
  how: {
    readonly cwd: string;
    readonly env: Readonly<Record<string, string>>;
    readonly arguments?: readonly string[];
    /** Milliseconds until it is started again. Default 200. */
    readonly after?: () => number;
    /** Keeps no lines, for long runs. */
    readonly onLine?: (line: Line) => void;
    /** Before the script: what Node is started by. */
    readonly by?: readonly string[];
    /** Default: this Node. */
    readonly program?: string;
  },
): Supervised {
  const lines: Line[] = [];
  let child: ChildProcess;
  let stopping = false;
  const start = () => {
    const [program, ...more] = [
      ...(how.by ?? []),
      how.program ?? process.execPath,
      script,
      ...(how.arguments ?? []),
    ];
    child = spawn(program!, more, {
      cwd: how.cwd,
      env: { ...process.env, ...how.env },
      stdio: ["ignore", "pipe", "inherit"],
    });
    createInterface({ input: child.stdout! }).on("line", (text) => {
      if (!text.startsWith("{")) return;
      const line = JSON.parse(text) as Line;
      if (how.onLine) how.onLine(line);
      else lines.push(line);
    });
    child.once("exit", async () => {
      await sleep(how.after?.() ?? 200);
      if (!stopping) start();
    });
  };
  start();
  return {
    lines,
    get pid() {
      return child.exitCode === null && child.signalCode === null ? child.pid : undefined;
    },
    get children() {
      return this.pid === undefined ? [] : childrenOf(this.pid);
    },
    async says(event, after = 0) {
      for (;;) {
        const found = lines.slice(after).find((line) => line.event === event);
        if (found) return found;
        await sleep(20);
      }
    },
    kill: (signal) => void child.kill(signal),
    async stop(signal = "SIGKILL") {
      stopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const gone = once(child, "exit");
      child.kill(signal);
      return (await gone)[0] as number | null;
    },
  };
}

/** Linux only. */
function childrenOf(pid: number): readonly number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim();
    return text === "" ? [] : text.split(" ").map(Number);
  } catch {
    return [];
  }
}
