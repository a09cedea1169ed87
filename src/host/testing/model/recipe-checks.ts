import type { Json, ModelSpec, SampleSpec } from "../../../networks/models/index.ts";
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
      assertSample("input", spec.input);
      assertSample("output", spec.output);
      hold(
        spec.input.dims === spec.output.dims,
        "input and output to have the same number of dimensions",
        `${spec.input.dims} and ${spec.output.dims}`,
        "mend `input` or `output` in spec",
      );
      hold(
        spec.pairing === "paired" || spec.pairing === "unpaired",
        'pairing "paired" or "unpaired"',
        JSON.stringify(spec.pairing),
        "set it in spec",
      );
      return `${spec.input.channels} to ${spec.output.channels} channels, ${spec.input.dims}-D, multiples of ${spec.input.multipleOf}`;
    },
  },
] as const satisfies readonly Check<ModelLab, string>[];

function assertSample(name: "input" | "output", sample: SampleSpec): void {
  const todo = `mend \`${name}\` in spec`;
  const found = JSON.stringify(sample);
  const whole = (n: number) => Number.isInteger(n) && n > 0;
  hold(sample && whole(sample.channels), `${name}.channels to be a positive integer`, found, todo);
  hold(sample.dims === 2 || sample.dims === 3, `${name}.dims to be 2 or 3`, found, todo);
  hold(whole(sample.multipleOf), `${name}.multipleOf to be a positive integer`, found, todo);
  if (sample.range === undefined) return;
  const [low, high] = sample.range;
  hold(
    Number.isFinite(low) && Number.isFinite(high) && low < high,
    `${name}.range to be [low, high]`,
    found,
    todo,
  );
}

/** All of a spec that is data. */
function dataOf(spec: ModelSpec): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(spec).filter(([, value]) => typeof value !== "function"));
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
