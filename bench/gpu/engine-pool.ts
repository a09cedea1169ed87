import type { Command } from "../harness/line-process.ts";
import { EngineFailed, EngineProcess } from "./engine-process.ts";
import { ENGINES, type EngineName } from "./engines.ts";

/** How a process of engines starts, or why there is none. */
export type EngineCommand = Command | { readonly missing: string };

/** The processes of engines: each begins when it is first asked, and again after it died, twice at most. */
export class EnginePool {
  readonly #commandOf: (process: string) => EngineCommand;
  readonly #running = new Map<string, EngineProcess>();
  readonly #failed = new Map<string, string>();
  readonly #deaths = new Map<string, number>();
  /** What they say of themselves. */
  readonly facts: Record<string, Readonly<Record<string, unknown>>> = {};

  constructor(commandOf: (process: string) => EngineCommand) {
    this.#commandOf = commandOf;
  }

  /** @throws EngineFailed where it is not here or died too often */
  async get(engine: EngineName, seconds: number): Promise<EngineProcess> {
    const { process: name } = ENGINES[engine];
    const running = this.#running.get(name);
    if (running) return running;
    const failed = this.#failed.get(name);
    if (failed !== undefined) throw new EngineFailed(failed);
    const command = this.#commandOf(name);
    const started = "missing" in command ? undefined : new EngineProcess(command);
    try {
      if (!started) throw new EngineFailed((command as { readonly missing: string }).missing);
      this.facts[name] = await started.start(seconds);
      this.#running.set(name, started);
      return started;
    } catch (error) {
      started?.end();
      this.#failed.set(name, (error as Error).message);
      throw error;
    }
  }

  /** Ends an engine that failed: what it holds is unknown. */
  drop(engine: EngineName): void {
    const { process: name } = ENGINES[engine];
    this.#running.get(name)?.end();
    this.#running.delete(name);
    const deaths = (this.#deaths.get(name) ?? 0) + 1;
    this.#deaths.set(name, deaths);
    if (deaths > 2) this.#failed.set(name, "it failed three times and is asked no more");
  }

  end(): void {
    for (const running of this.#running.values()) running.end();
    this.#running.clear();
  }
}
