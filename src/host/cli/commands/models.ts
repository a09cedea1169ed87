import { naming } from "../../../base/errors/index.ts";
import { Random } from "../../../base/random/index.ts";
import type { Backend } from "../../../networks/backends/index.ts";
import { isOptimizer } from "../../../networks/learning/index.ts";
import type { ModelFactory, ModelSpec } from "../../../networks/models/index.ts";
import type { Registered } from "../../../road/plugin/index.ts";
import { openModel } from "../../../road/synthesis/index.ts";
import { type AddCommand, type Context, examples, JSON_OPTION } from "../command.ts";
import { CONFIG_OPTIONS, type ConfigOptions, setupOf } from "../io/setup.ts";
import { modelFlags, settable } from "../train/model-options.ts";

interface ModelsOptions extends ConfigOptions {
  readonly json?: boolean;
}

export const addModels: AddCommand = (program, context) => {
  program
    .command("models")
    .summary("networks that can be trained, with their options")
    .description(
      "Lists the networks of the package and of plugins: what each is, and what can be set, with reasons.",
    )
    .argument("[name]", "only this one, with its number of parameters")
    .option(...CONFIG_OPTIONS[0])
    .option(...CONFIG_OPTIONS[1])
    .option(...JSON_OPTION)
    .addHelpText(
      "after",
      examples(
        ["models", "all of them"],
        ["models --json", "the same for programs"],
        ["train phantom --out run --model NAME", "trains the one called NAME"],
      ),
    )
    .action((name: string | undefined, options: ModelsOptions) => {
      const train = program.commands.find((command) => command.name() === "train");
      const taken = new Set(train?.options.map((option) => option.long ?? ""));
      return models(name, options, { ...context(options), taken });
    });
};

async function models(
  name: string | undefined,
  options: ModelsOptions,
  { output, taken }: Context & { readonly taken: ReadonlySet<string> },
): Promise<void> {
  const { registry } = await setupOf(options);
  if (name !== undefined) registry.model(name); // unknown: said with the nearest
  const shown = registry.models.filter((model) =>
    name === undefined ? model.part.definition.trainable !== false : model.name === name,
  );
  const spec = (model: string) => registry.spec({ name: model, config: {} });
  const facts = shown.map((model) =>
    factsOf(model, () => spec(model.name), { first: model.name === registry.models[0]!.name, taken }),
  );
  if (name !== undefined)
    facts[0]!.parameters = await countParameters(spec(name), registry.backends[0]!.part());
  for (const [n, model] of facts.entries()) {
    if (n > 0) output.say();
    output.say(`${model.name}${model.default ? " (default)" : ""}: ${model.about}`);
    const { input, optimizer, parameters } = model;
    output.say(
      `  from ${model.plugin}; ${input.dims}-D; at its defaults sizes in multiples of ${input.multipleOf}, ${model.anyInputs ? "as many inputs as the data has" : `${input.channels} input channel(s)`}`,
    );
    if (optimizer) output.say(`  recommends ${inWords(optimizer)}`);
    if (parameters !== undefined && parameters !== null)
      output.say(`  ${parameters.toLocaleString("en")} parameters in its model file, at its defaults`);
    const set = model.options.flatMap(({ flag, ...rest }) => (flag === null ? [] : [{ flag, ...rest }]));
    const width = Math.max(0, ...set.map(({ flag }) => flag.length));
    for (const { flag, default: value, accepts, about } of set) {
      output.say(`  ${flag.padEnd(width)}  ${value === "" ? '""' : value}; ${accepts}`);
      output.say(`  ${" ".repeat(width)}  ${about}`);
    }
  }
  output.result({ command: "models", models: facts });
}

/** What is known of a model without making it. */
interface ModelFacts extends Pick<ModelSpec, "input" | "outputs" | "batches" | "optimizer"> {
  readonly name: string;
  readonly plugin: string;
  readonly default: boolean;
  readonly about: string;
  /** Whether it takes as many inputs as the data has. */
  readonly anyInputs: boolean;
  readonly options: readonly OptionFacts[];
  /** `null`: it could not be made here. */
  parameters?: number | null;
}

interface OptionFacts {
  readonly name: string;
  /** On the command line of `train`; `null` for what has one value only. */
  readonly flag: string | null;
  readonly type: string;
  readonly default: unknown;
  readonly accepts: string;
  readonly values?: readonly unknown[];
  readonly about: string;
}

function factsOf(
  { name, plugin, part }: Registered<ModelFactory>,
  spec: () => ModelSpec,
  { first, taken }: { readonly first: boolean; readonly taken: ReadonlySet<string> },
): ModelFacts {
  const flags = modelFlags(part, taken);
  const { input, outputs, batches, optimizer } = naming(`plugin "${plugin}"`, spec);
  const options = settable(part).map(([option, { type, default: value, accepts, values, about }]) => ({
    name: option,
    flag: flags.find((flag) => flag.name === option)?.flag ?? null,
    type,
    default: value,
    accepts,
    ...(values ? { values } : {}),
    about,
  }));
  const { about } = part.definition;
  const anyInputs = "inChannels" in part.definition.options;
  return { name, plugin, default: first, about, input, outputs, batches, optimizer, anyInputs, options };
}

/** By making it once; `null` when it can't be made here. */
async function countParameters(spec: ModelSpec, backend: Backend): Promise<number | null> {
  try {
    const { session, model } = await openModel(spec, backend, { random: new Random(0) });
    const weights = await model.weights();
    model.dispose();
    session.close();
    return Object.values(weights).reduce((sum, { data }) => sum + data.length, 0);
  } catch {
    return null;
  }
}

/** "adam: learningRate 0.0002, beta1 0.5, ...", each of several by its name. */
function inWords(optimizer: NonNullable<ModelSpec["optimizer"]>): string {
  if (!isOptimizer(optimizer))
    return Object.entries(optimizer)
      .map(([name, each]) => `${name}: ${inWords(each)}`)
      .join("; ");
  const { name, ...options } = optimizer.toJSON() as Readonly<Record<string, unknown>>;
  const said = Object.entries(options).filter(([, value]) => value !== null);
  return `${name}: ${said.map(([key, value]) => `${key} ${value}`).join(", ")}`;
}
