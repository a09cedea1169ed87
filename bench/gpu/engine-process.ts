import { type Command, LineProcess, ProcessEnded } from "../harness/line-process.ts";
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
  readonly #process: LineProcess;

  constructor(command: Command) {
    this.#process = new LineProcess(command);
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
    this.#process.kill();
  }

  async #ask(message: object, seconds: number): Promise<Readonly<Record<string, unknown>>> {
    this.#process.tell(JSON.stringify(message));
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
      return await Promise.race([this.#process.answer<Readonly<Record<string, unknown>>>(), late]);
    } catch (error) {
      if (!(error instanceof ProcessEnded)) throw error;
      const { how, last } = error;
      throw new EngineFailed(how && last ? `it ended with ${how}: ${last}` : error.message);
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
