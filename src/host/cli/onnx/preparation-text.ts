import type { Json } from "../../../networks/learning/index.ts";
import type { NormalizerJson, PreparationJson, StepJson } from "../../../road/preparation/index.ts";

/** What is done before and after a model, for people: a line each step, and one for how samples are cut. */
export function preparationText({ inputs, steps, sampler }: PreparationJson): readonly string[] {
  const names = inputs.map(({ name, optional }) => `${name}${optional ? " (optional)" : ""}`);
  return [`inputs ${names.join(", ")}`, ...steps.flatMap(stepText), samplerText(sampler)];
}

/** What the step `normalise` writes, as checked when the preparation was read. */
type NormalisedJson = Partial<Readonly<Record<"inputs" | "targets", Record<string, NormalizerJson>>>>;

function stepText({ type, ...options }: StepJson): readonly string[] {
  if (type === "orient") return [`turned to ${String(options.to)}`];
  if (type === "spacing") return [`resampled to ${numbers(options.spacing, " × ")} mm`];
  if (type === "biasField") return ["bias field taken out (N4)"];
  if (type !== "normalise") return [`${type} ${JSON.stringify(options)}`];
  const { inputs = {}, targets = {} } = options as unknown as NormalisedJson;
  return [
    ...Object.entries(inputs).map(([name, how]) => `${name} normalised by ${normalizerText(how)}`),
    ...Object.entries(targets).map(
      ([name, how]) => `${name} made HU by the inverse of ${normalizerText(how)}`,
    ),
  ];
}

/** "percentile (low 0.5, high 99.5, clip true, output -2 to 6)". */
function normalizerText({ type, options }: NormalizerJson): string {
  const said = Object.entries(options).map(
    ([name, value]) => `${name} ${Array.isArray(value) ? value.join(" to ") : String(value)}`,
  );
  return `${type} (${said.join(", ")})`;
}

function samplerText(sampler: Json): string {
  const { type, ...options } = sampler as Readonly<Record<string, Json>>;
  const said = Object.entries(options)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name} ${Array.isArray(value) ? numbers(value, "×") : String(value)}`);
  return `cut into ${String(type)} (${said.join(", ")})`;
}

function numbers(value: unknown, between: string): string {
  return Array.isArray(value)
    ? value.map((n) => Number(Number(n).toPrecision(6))).join(between)
    : String(value);
}
