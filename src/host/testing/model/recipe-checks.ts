import type { Json } from "../../../networks/learning/index.ts";
import type { ModelSpec, OutputSpec, SampleSpec } from "../../../networks/models/index.ts";
import { outputChannels } from "../../../networks/models/index.ts";
import { type Check, hold } from "../checks.ts";
import { listed } from "../compare.ts";
import type { ModelLab } from "./lab.ts";

/** Of the recipe: data alone, nothing is computed. */
export const RECIPE_CHECKS = [
  {
    name: "options",
    async run({ options: { factory } }) {
      if (!factory) return { skipped: "a ModelSpec was given, not its factory" };
      const { about, options } = factory.definition;
      const silent = Object.entries(options).flatMap(([name, option]) =>
        option.about?.trim() ? [] : [name],
      );
      hold(
        silent.length === 0,
        "every option to say in `about` what it does and why its default is what it is",
        `nothing for ${listed(silent)}`,
        "fill in `about`",
      );
      hold(about?.trim(), "`about` to say what the model is", "nothing", "fill in `about` in defineModel");
      factory(); // the defaults must go together
      return `${Object.keys(options).length} options with defaults and reasons`;
    },
  },
  {
    name: "config",
    async run({ spec, options: { factory } }) {
      const text = JSON.stringify(spec.config);
      const read: unknown = text === undefined ? undefined : JSON.parse(text);
      hold(
        sameJson(read, spec.config),
        "config to be JSON",
        `${text}, which is not all of it`,
        "keep NaN, Infinity, undefined, functions and class instances out of config",
      );
      if (!factory) return "JSON";
      const again = dataOf(factory(read as object));
      const first = dataOf(spec);
      const other = Object.keys(first).find((key) => !sameJson(first[key], again[key]));
      hold(
        other === undefined,
        "factory(spec.config) to give an equal spec",
        `${other} ${JSON.stringify(again[other!])} instead of ${JSON.stringify(first[other!])}`,
        "let spec depend on the options alone",
      );
      return "JSON, and factory(config) gives the same recipe";
    },
  },
  {
    name: "samples",
    async run({ spec }) {
      assertInput(spec.input);
      assertOutputs(spec.outputs);
      return `${spec.input.channels} to ${outputChannels(spec.outputs)} channels, ${spec.input.dims}-D, multiples of ${spec.input.multipleOf}`;
    },
  },
] as const satisfies readonly Check<ModelLab, string>[];

function assertInput(sample: SampleSpec): void {
  const todo = "correct `input` in spec";
  const found = JSON.stringify(sample);
  const whole = (n: number) => Number.isInteger(n) && n > 0;
  hold(sample && whole(sample.channels), "input.channels to be a positive integer", found, todo);
  hold(sample.dims === 2 || sample.dims === 3, "input.dims to be 2 or 3", found, todo);
  hold(whole(sample.multipleOf), "input.multipleOf to be a positive integer", found, todo);
}

function assertOutputs(outputs: readonly OutputSpec[]): void {
  const todo = "correct `outputs` in spec";
  const found = JSON.stringify(outputs);
  hold(Array.isArray(outputs) && outputs.length > 0, "at least one output", found, todo);
  const names = outputs.map(({ name }) => name);
  hold(new Set(names).size === names.length, "outputs of different names", found, todo);
  for (const output of outputs) {
    if (output.kind === "labels")
      hold(output.classes.length > 1, "labels to have two classes or more", found, todo);
    if (output.kind === "scale")
      hold(names.includes(output.of), "a scale to speak of another output", found, todo);
    if (output.kind !== "ct" || output.range === undefined) continue;
    const [low, high] = output.range;
    hold(
      Number.isFinite(low) && Number.isFinite(high) && low < high,
      "a range to be [low, high]",
      found,
      todo,
    );
  }
}

/** All of a spec that is data: functions are left out, and values that know their JSON give it. */
function dataOf(spec: ModelSpec): Readonly<Record<string, unknown>> {
  return JSON.parse(JSON.stringify(spec));
}

/** Equal as JSON, whatever the order of keys; `undefined` is no JSON, but an absent key equals an undefined one. */
function sameJson(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return Object.is(a, b);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const plain = (value: object) => Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  if (!plain(a) || !plain(b)) return false;
  const [x, y] = [a as Record<string, Json>, b as Record<string, Json>];
  return [...new Set([...Object.keys(x), ...Object.keys(y)])].every((key) => sameJson(x[key], y[key]));
}
