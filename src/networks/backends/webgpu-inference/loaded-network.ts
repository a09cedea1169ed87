import { product } from "../../../base/bytes/index.ts";
import { aborted, assert, MidashError, throwIfAborted } from "../../../base/errors/index.ts";
import type { NamedArrays } from "../../layers/index.ts";
import type { GraphRunOptions, LoadedGraph } from "../graph.ts";
import type { Card } from "./card.ts";
import { planOf } from "./plan.ts";
import { PreparedPlan } from "./prepared-plan.ts";
import type { Program } from "./program.ts";

/** Shapes of inputs that are kept ready: a full batch, the last one, and others like them. */
const KEPT = 4;

/** A network on a card: its weights, one arena for all values, and a plan for each shape of its inputs. */
export class LoadedNetwork implements LoadedGraph {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly #card: Card;
  readonly #program: Program;
  readonly #weights: GPUBuffer;
  readonly #prepared = new Map<string, PreparedPlan>();
  #arena: GPUBuffer | undefined;
  /** Passes are sent one after the other, and their results waited for together. */
  #turn: Promise<unknown> = Promise.resolve();
  #disposed = false;

  private constructor(card: Card, program: Program, weights: GPUBuffer) {
    this.#card = card;
    this.#program = program;
    this.#weights = weights;
    this.inputs = program.inputs.map(({ name }) => name);
    this.outputs = program.outputs.map(({ name }) => name);
  }

  /** Brings the weights onto the card, once. */
  static load(card: Card, program: Program): Promise<LoadedNetwork> {
    const { weights } = program;
    return card.watch(async () => {
      const buffer = await card.buffer(weights.bytes, GPUBufferUsage.STORAGE, "the weights", (memory) =>
        weights.write(memory),
      );
      return new LoadedNetwork(card, program, buffer);
    });
  }

  async run(inputs: NamedArrays, { signal }: GraphRunOptions = {}): Promise<NamedArrays> {
    throwIfAborted(signal);
    const pass = this.#card.watch(() => this.#pass(inputs));
    if (!signal) return pass;
    return new Promise((resolve, reject) => {
      const abort = () => reject(aborted(signal));
      signal.addEventListener("abort", abort, { once: true });
      pass.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
    });
  }

  dispose(): void {
    this.#disposed = true;
    for (const plan of this.#prepared.values()) plan.dispose();
    this.#prepared.clear();
    this.#arena?.destroy();
    this.#weights.destroy();
  }

  async #pass(inputs: NamedArrays): Promise<NamedArrays> {
    for (const [name, { data, shape }] of Object.entries(inputs))
      assert(
        data.length === product(shape),
        `the input "${name}" has ${data.length} values, not those of [${shape.join(", ")}]`,
        { where: this.#program.name },
      );
    const sent = this.#turn.then(async () => {
      const prepared = await this.#preparedFor(inputs);
      return {
        prepared,
        read: await prepared.send(prepared.plan.inputs.map(({ name }) => inputs[name]!.data)),
      };
    });
    this.#turn = sent.catch(() => undefined);
    const { prepared, read } = await sent;
    const results = await read();
    return Object.fromEntries(
      prepared.plan.outputs.map(({ name, shape }, n) => [name, { data: results[n]!, shape }]),
    );
  }

  async #preparedFor(inputs: NamedArrays): Promise<PreparedPlan> {
    if (this.#disposed)
      throw new MidashError("invalid-argument", "the network was disposed of", { where: this.#program.name });
    const shapes = Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, shape]));
    const key = JSON.stringify(shapes);
    const known = this.#prepared.get(key);
    if (known) return known;
    const plan = planOf(this.#program, shapes, this.#card);
    const grows = plan.arena.bytes > (this.#arena?.size ?? 0);
    const over = grows ? this.#prepared.size : this.#prepared.size + 1 - KEPT;
    for (const [other, prepared] of [...this.#prepared].slice(0, Math.max(0, over))) {
      await prepared.settled();
      prepared.dispose();
      this.#prepared.delete(other);
    }
    if (grows) {
      this.#arena?.destroy();
      this.#arena = undefined;
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
      this.#arena = await this.#card.buffer(plan.arena.bytes, usage, "the values of a batch");
    }
    const prepared = await PreparedPlan.make(this.#card, plan, this.#weights, this.#arena!);
    this.#prepared.set(key, prepared);
    return prepared;
  }
}
