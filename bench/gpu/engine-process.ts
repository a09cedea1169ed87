import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Command } from "../harness/task-process.ts";
import type { GpuCase } from "./cases.ts";

/** An engine that is not here, could not do a case, or died of it: `message` says why. */
export class EngineFailed extends Error {}

/** Steps that were taken, the GPU waited for. */
export interface Stepped {
  readonly ms: number;
  /** Of all threads of the engine: where the adapter is a program, what the work took however busy the machine is. */
  readonly cpuMs: number;
  readonly values: Readonly<Record<string, number>>;
}

/** An engine in a process of its own, which stays for all cases; see `serve-engine.mjs`. */
export class EngineProcess {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #gone: Promise<never>;

  constructor({ file, arguments: args, environment }: Command) {
    const child = spawn(file, args, {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...environment },
    });
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = `${said}${text}`.slice(-4000);
    });
    child.stdin.on("error", () => undefined); // "close" reports a dead child
    this.#gone = new Promise((_, reject) => {
      child.on("error", (error) => reject(new EngineFailed(error.message)));
      child.on("close", (code, signal) => {
        const last = said.trim().split("\n").at(-1)?.slice(0, 300);
        reject(new EngineFailed(`it ended with ${signal ?? `exit code ${code}`}${last ? `: ${last}` : ""}`));
      });
    });
    this.#gone.catch(() => undefined);
  }

  /** Versions and whatever else it says of itself. @throws EngineFailed where it is not here */
  async start(seconds: number): Promise<Readonly<Record<string, unknown>>> {
    const begun = await this.#answer(seconds);
    if (begun.ready !== true) throw new EngineFailed(String(begun.missing ?? "it did not start"));
    return begun.facts as Readonly<Record<string, unknown>>;
  }

  /** @param as the engine, where the process serves several; `folder` holds weights and batches */
  async open(of: GpuCase, as: string, folder: string, seconds: number): Promise<void> {
    await this.#ask({ open: of, as, folder }, seconds);
  }

  async run(steps: number, as: string, seconds: number): Promise<Stepped> {
    return (await this.#ask({ run: steps, as }, seconds)) as unknown as Stepped;
  }

  async close(as: string, seconds: number): Promise<void> {
    await this.#ask({ close: as }, seconds);
  }

  end(): void {
    this.#child.kill("SIGKILL");
  }

  async #ask(message: object, seconds: number): Promise<Readonly<Record<string, unknown>>> {
    this.#child.stdin!.write(`${JSON.stringify(message)}\n`);
    const answer = await this.#answer(seconds);
    if (typeof answer.error === "string") throw new EngineFailed(answer.error);
    return answer;
  }

  async #answer(seconds: number): Promise<Readonly<Record<string, unknown>>> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.end();
        reject(new TooLate(seconds));
      }, 1000 * seconds);
    });
    try {
      const { done, value } = await Promise.race([this.#lines.next(), this.#gone, late]);
      return done ? await this.#gone : (JSON.parse(value) as Readonly<Record<string, unknown>>);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** An engine that was ended, as it took too long. */
export class TooLate extends EngineFailed {
  constructor(seconds: number) {
    super(`no answer in ${Math.round(seconds)} s`);
  }
}
