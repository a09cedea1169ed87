import { assert } from "../../../base/errors/index.ts";
import { doubleJob } from "../webgpu/kernels/double-nearest.ts";
import { gatherJob } from "../webgpu/kernels/gather-product.ts";
import type { Job } from "../webgpu/kernels/job.ts";
import { normJobs } from "../webgpu/kernels/norm.ts";
import { turnJob } from "../webgpu/kernels/turned-filter.ts";
import type { ProductCard } from "../webgpu/kernels/ways.ts";
import { type Arena, type Lifetime, planArena } from "./arena.ts";
import { refuse } from "./graph-values.ts";
import { copyJob } from "./kernels/copy-channels.ts";
import { channelRanges, eachJob, functionsFor, written } from "./kernels/each.ts";
import { bilinearJob, halveJob } from "./kernels/resize.ts";
import { softmaxJob } from "./kernels/softmax.ts";
import {
  type EachOperation,
  type JoinOperation,
  leavesOf,
  type NormOperation,
  type Operation,
  type ProductOperation,
  type Program,
  type ResizeOperation,
  type SplitOperation,
} from "./program.ts";
import { channelsLastShape, pixelsOf, type Sizes, shapeOf, sizesOf, valuesOf } from "./sizes.ts";
import type { WeightRange } from "./weight-store.ts";

/** What a shader is bound to: a value, by its name, or a weight. */
export type Bound = string | WeightRange;

/** One dispatch. */
export interface PlanStep {
  readonly job: Job;
  readonly reads: readonly Bound[];
  readonly writes: readonly string[];
}

/** A value that comes from the caller or goes to it, channels first. */
export interface PlanPort {
  readonly name: string;
  /** In the arena. */
  readonly value: string;
  readonly shape: readonly number[];
  readonly bytes: number;
}

/** All that is done for inputs of one shape, and where values lie meanwhile. */
export interface Plan {
  readonly steps: readonly PlanStep[];
  readonly inputs: readonly PlanPort[];
  readonly outputs: readonly PlanPort[];
  readonly bytes: ReadonlyMap<string, number>;
  readonly arena: Arena;
}

/**
 * Sizes of all values, shaders for them, and their places in memory.
 *
 * @param shapes of the inputs, channels first
 * @param card whose limits hold
 * @throws MidashError `invalid-argument` when the network does not take such inputs
 */
export function planOf(
  program: Program,
  shapes: Readonly<Record<string, readonly number[]>>,
  card: ProductCard,
): Plan {
  const planner = new Planner(program, card);
  const inputs = program.inputs.map((input) => planner.input(input, shapes[input.name]));
  const unknown = Object.keys(shapes).filter((name) => !program.inputs.some((input) => input.name === name));
  assert(unknown.length === 0, `the network has no input "${unknown[0]}"`, { where: program.name });
  for (const operation of program.operations) planner.add(operation);
  return planner.finish(inputs);
}

class Planner {
  readonly #program: Program;
  readonly #card: ProductCard;
  readonly #sizes = new Map<string, Sizes>();
  readonly #bytes = new Map<string, number>();
  readonly #steps: PlanStep[] = [];

  constructor(program: Program, card: ProductCard) {
    this.#program = program;
    this.#card = card;
  }

  input({ name, rank, channels }: Program["inputs"][number], shape: readonly number[] | undefined): PlanPort {
    const expected = channels === undefined ? `${rank} axes` : `${rank} axes and ${channels} channels`;
    assert(
      shape?.length === rank && (channels === undefined || rank < 2 || shape[1] === channels),
      `the input "${name}" must have ${expected}, got ${shape ? `[${shape.join(", ")}]` : "none"}`,
      { where: this.#program.name },
    );
    const sizes = sizesOf(shape);
    this.#value(name, sizes);
    const port = { name, shape, bytes: 4 * valuesOf(sizes) };
    if (sizes.channels === 1 || pixelsOf(sizes) === 1) return { ...port, value: name };
    const given = `${name}/given`;
    this.#scratch(given, valuesOf(sizes));
    this.#step(turnJob(sizes.samples, sizes.channels, pixelsOf(sizes)), [given], [name]);
    return { ...port, value: given };
  }

  add(operation: Operation): void {
    switch (operation.type) {
      case "product":
        this.#product(operation);
        break;
      case "norm":
        this.#norm(operation);
        break;
      case "each":
        this.#each(operation);
        break;
      case "join":
        this.#join(operation);
        break;
      case "split":
        this.#split(operation);
        break;
      default:
        this.#resize(operation);
    }
  }

  /** Outputs with channels first, lifetimes, places. */
  finish(inputs: readonly PlanPort[]): Plan {
    const outputs = this.#program.outputs.map(({ name, value, rank }): PlanPort => {
      const sizes = this.#of(value);
      const port = { name, shape: shapeOf(sizes, rank), bytes: 4 * valuesOf(sizes) };
      if (sizes.channels === 1 || pixelsOf(sizes) === 1) return { ...port, value };
      const turned = `${name}/turned`;
      this.#scratch(turned, valuesOf(sizes));
      this.#step(turnJob(sizes.samples, pixelsOf(sizes), sizes.channels), [value], [turned]);
      return { ...port, value: turned };
    });
    const lives = new Map<string, Lifetime>();
    const live = (name: string, step: number) => {
      const { from = step } = lives.get(name) ?? {};
      lives.set(name, { name, bytes: this.#bytes.get(name)!, from, to: step });
    };
    for (const { value } of inputs) live(value, -1);
    for (const [n, { reads, writes }] of this.#steps.entries())
      for (const bound of [...reads, ...writes]) if (typeof bound === "string") live(bound, n);
    for (const { value } of outputs) live(value, this.#steps.length);
    return { steps: this.#steps, inputs, outputs, bytes: this.#bytes, arena: planArena([...lives.values()]) };
  }

  #product(operation: ProductOperation): void {
    const { sources, result, filter, scale, bias, activation, kernel, stride, pads, ins, outs, doubled } =
      operation;
    const x = this.#of(sources[0]!);
    const given = sources.map((name) => this.#of(name).channels);
    const found = given.reduce((a, b) => a + b);
    if (found !== ins) refuse(`a convolution of ${ins} channels is given ${found}`);
    const along = [0, 1, 2].map((axis) => {
      const [size, k, s] = [x.space[axis]!, kernel[axis]!, stride[axis]!];
      if (pads !== "same") {
        const before = pads.before[axis]!;
        return { before, made: Math.floor((size + before + pads.behind[axis]! - k) / s) + 1 };
      }
      const made = Math.ceil(size / s);
      return { before: Math.floor(Math.max((made - 1) * s + k - size, 0) / 2), made };
    });
    const space = along.map(({ made }) => made) as unknown as Sizes["space"];
    const job = gatherJob(
      {
        way: "forward",
        geometry: {
          samples: x.samples,
          input: x.space,
          output: space,
          filter: kernel,
          stride,
          dilation: [1, 1, 1],
          before: along.map(({ before }) => before) as unknown as Sizes["space"],
          inChannels: ins,
          outChannels: doubled ? outs * 2 ** doubled : outs,
        },
        sources: given,
        results: [outs],
        finish: {
          factor: scale !== undefined,
          bias: bias !== undefined,
          half: filter.half,
          doubled,
          activation: activation && {
            text: (T) => written(activation, T, () => "v"),
            functions: (T) => functionsFor(activation, T),
          },
        },
      },
      this.#card,
    );
    const twice = (size: number, axis: number) => (doubled && axis >= 3 - doubled ? 2 * size : size);
    this.#value(result, {
      samples: x.samples,
      channels: outs,
      space: space.map(twice) as unknown as Sizes["space"],
    });
    const weights = [filter, scale, bias].filter((range) => range !== undefined);
    this.#step(job, [...sources, ...weights], [result]);
  }

  #norm(operation: NormOperation): void {
    const { x, result, gamma, beta, epsilon, slope } = operation;
    const sizes = this.#of(x);
    const { samples: groups, channels } = sizes;
    const { parts, sums, statistics, values } = normJobs({
      groups,
      pixels: pixelsOf(sizes),
      channels,
      epsilon,
      slope,
    });
    const [partial, mean, inverse] = ["sums", "mean", "inverse"].map((name) => `${result}/${name}`) as [
      string,
      string,
      string,
    ];
    this.#scratch(partial, groups * parts * 2 * channels);
    for (const name of [mean, inverse]) this.#scratch(name, groups * channels);
    this.#value(result, sizes);
    this.#step(sums, [x], [partial]);
    this.#step(statistics, [x, partial], [mean, inverse]);
    this.#step(values, [x, gamma, beta, mean, inverse], [result]);
  }

  #each(operation: EachOperation): void {
    const { expression, result } = operation;
    const leaves = leavesOf(expression).map((name) => ({ name, sizes: this.#of(name) }));
    const all = leaves.map(({ sizes }) => sizes);
    const most = (of: (sizes: Sizes) => number) => Math.max(...all.map(of));
    const channels = most((sizes) => sizes.channels);
    const ranged = channelRanges(expression).map(({ bytes }) => bytes / 4);
    const sizes: Sizes = {
      samples: most(({ samples }) => samples),
      channels: Math.max(channels, ...ranged),
      space: [0, 1, 2].map((axis) => most(({ space }) => space[axis]!)) as unknown as Sizes["space"],
    };
    for (const leaf of all)
      if (!fits(leaf, sizes))
        refuse(`"${result}" is made of values of [${all.map((s) => shapeOf(s, 5)).join("], [")}]`);
    this.#value(result, sizes);
    const names = leaves.map(({ name }) => name);
    this.#step(eachJob(expression, leaves, sizes), [...names, ...channelRanges(expression)], [result]);
  }

  #join(operation: JoinOperation): void {
    const { parts, result } = operation;
    const sizes = parts.map((name) => this.#of(name));
    const channels = sizes.reduce((sum, part) => sum + part.channels, 0);
    this.#value(result, { ...sizes[0]!, channels });
    let first = 0;
    for (const [n, part] of sizes.entries()) {
      const from = { channels: part.channels, first: 0 };
      const pixels = part.samples * pixelsOf(part);
      const job = copyJob({ pixels, count: part.channels, from, to: { channels, first } });
      this.#step(job, [parts[n]!], [result]);
      first += part.channels;
    }
  }

  #split(operation: SplitOperation): void {
    const { x, sizes, results } = operation;
    const whole = this.#of(x);
    let first = 0;
    for (const [n, name] of results.entries()) {
      const count = sizes?.[n] ?? whole.channels / results.length;
      this.#value(name, { ...whole, channels: count });
      const from = { channels: whole.channels, first };
      const pixels = whole.samples * pixelsOf(whole);
      this.#step(copyJob({ pixels, count, from, to: { channels: count, first: 0 } }), [x], [name]);
      first += count;
    }
  }

  #resize({ type, x, result, rank }: ResizeOperation): void {
    const from = this.#of(x);
    const deep = rank === 5;
    const scaled = (factor: (size: number) => number): Sizes => ({
      ...from,
      space: from.space.map((size, axis) =>
        axis > 0 || deep ? factor(size) : size,
      ) as unknown as Sizes["space"],
    });
    if (type === "softmax") {
      this.#value(result, from);
      this.#step(softmaxJob(from), [x], [result]);
      return;
    }
    const to = scaled((size) => (type === "halve" ? Math.floor(size / 2) : 2 * size));
    this.#value(result, to);
    const job =
      type === "halve"
        ? halveJob(from, to, deep)
        : type === "doubleBilinear"
          ? bilinearJob(from, to)
          : doubleJob(channelsLastShape(from, rank), channelsLastShape(to, rank), true);
    this.#step(job, [x], [result]);
  }

  #of(name: string): Sizes {
    return this.#sizes.get(name)!;
  }

  #value(name: string, sizes: Sizes): void {
    this.#sizes.set(name, sizes);
    this.#scratch(name, valuesOf(sizes));
  }

  #scratch(name: string, values: number): void {
    this.#bytes.set(name, 4 * values);
  }

  #step(job: Job, reads: readonly Bound[], writes: readonly string[]): void {
    this.#steps.push({ job, reads, writes });
  }
}

/** Whether a value can be repeated to these sizes: 1, or as it is, over all axes of the space at once. */
function fits(value: Sizes, to: Sizes): boolean {
  const point = pixelsOf(value) === 1;
  return (
    (value.samples === to.samples || (value.samples === 1 && point && value.channels === to.channels)) &&
    (String(value.space) === String(to.space) || point) &&
    (value.channels === to.channels || value.channels === 1)
  );
}
