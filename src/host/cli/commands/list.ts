import { assert, isUserError, orNearest } from "../../../base/errors/index.ts";
import { directionOf } from "../../../evaluation/cohort/index.ts";
import type { MetricName } from "../../../evaluation/metrics/index.ts";
import type { Json } from "../../../networks/learning/index.ts";
import type { Registry } from "../../../road/plugin/index.ts";
import { WATCHES } from "../../runs/index.ts";
import { type AddCommand, type Context, examples, JSON_OPTION } from "../command.ts";
import { CONFIG_OPTIONS, type ConfigOptions, setupOf } from "../io/setup.ts";

interface ListOptions extends ConfigOptions {
  readonly json?: boolean;
}

/** What is known of one part. */
interface Listed {
  readonly name: string;
  readonly about?: string;
  /** The flag that names it. */
  readonly flag: string;
  /** Its options at their defaults, as a config would give them; `null`: it can't be made without options. */
  readonly options?: Json;
  readonly unit?: string;
  readonly better?: string;
}

/** A loss, an optimizer, a schedule or an augmentation. */
interface Described {
  readonly about?: string;
  toJSON(): Json;
}

/** Metrics of a report. */
const METRICS: Readonly<Record<MetricName, readonly [unit: string, about: string]>> = {
  mae: ["HU", "mean absolute error; of each class of the reference's HU, too"],
  me: ["HU", "mean error, synthetic CT less CT; of each class, too"],
  rmse: ["HU", "root of the mean squared error"],
  psnr: ["dB", "peak signal-to-noise ratio"],
  ssim: ["", "structural similarity"],
  msssim: ["", "multi-scale structural similarity; of synthrad2025"],
  ncc: ["", "normalised cross-correlation"],
};

/** Measures of no preset. */
const MEASURES: Readonly<Record<string, readonly [flags: string, about: string]>> = {
  labels: [
    "--prediction-labels FILE --reference-labels FILE",
    "Dice, HD95 and mean surface distance of label volumes",
  ],
  "bone-dice": ["--bone-dice", "Dice of bone at 100 to 1000 HU"],
  red: ["--red", "error in relative electron density"],
  wepl: ["--wepl", "differences in water-equivalent path length, from 36 angles to the isocentre"],
  spread: ["--spread FILE", "correlation of a map of spread with the absolute error"],
};

/** Each kind of part, with what lists it. */
const KINDS = {
  losses: ({ registry }: Kit) => made(registry, "losses", "train --loss", (name) => registry.loss(name)),
  optimizers: ({ registry }: Kit) =>
    made(registry, "optimizers", "train --optimizer", (name) => registry.optimizer(name)),
  schedules: ({ registry }: Kit) =>
    made(registry, "schedules", "train --schedule", (name) => registry.schedule(name)),
  augmentations: ({ registry }: Kit) =>
    made(registry, "augmentations", "train --augmentations", (name) => registry.augmentation(name)),
  watches: () =>
    Object.entries(WATCHES).map(
      ([name, { about, unit, better }]): Listed => ({
        name,
        about,
        flag: "train --metric",
        unit,
        better,
      }),
    ),
  metrics: () => [
    ...Object.entries(METRICS).map(
      ([name, [unit, about]]): Listed => ({
        name,
        about,
        flag: "evaluate --preset NAME",
        unit,
        better: directionOf(name).replace("nearer-zero", "nearer to zero"),
      }),
    ),
    ...Object.entries(MEASURES).map(
      ([name, [flags, about]]): Listed => ({ name, about, flag: `evaluate ${flags}` }),
    ),
  ],
} as const;

interface Kit {
  readonly registry: Registry;
}

type Kind = keyof typeof KINDS;

export const addList: AddCommand = (program, context) => {
  program
    .command("list")
    .summary("losses, optimizers, schedules, augmentations and metrics, with their options")
    .description(
      "Lists what flags and configs can name besides networks (which models lists): those of the package and of plugins, with what each is and its options at their defaults.",
    )
    .argument("[kind]", `only these: ${Object.keys(KINDS).join(", ")}`)
    .option(...CONFIG_OPTIONS[0])
    .option(...CONFIG_OPTIONS[1])
    .option(...JSON_OPTION)
    .addHelpText(
      "after",
      examples(
        ["list", "all of them"],
        ["list losses", "what training can minimise"],
        ["list metrics --json", "what evaluate measures, for programs"],
      ),
    )
    .action((kind: string | undefined, options: ListOptions) => list(kind, options, context(options)));
};

async function list(kind: string | undefined, options: ListOptions, { output }: Context): Promise<void> {
  assert(kind === undefined || isKind(kind), `there is no kind "${kind}"`, {
    where: "[kind]",
    hint: orNearest(kind ?? "", Object.keys(KINDS)),
  });
  const setup = await setupOf(options);
  const kinds = kind === undefined ? (Object.keys(KINDS) as Kind[]) : [kind as Kind];
  const listed = Object.fromEntries(kinds.map((each) => [each, KINDS[each](setup)]));
  for (const [n, [each, parts]] of Object.entries(listed).entries()) {
    if (n > 0) output.say();
    const flags = new Set(parts.map(({ flag }) => flag));
    output.say(flags.size === 1 ? `${each} (${[...flags].join()}):` : `${each}:`);
    const width = Math.max(...parts.map(({ name }) => name.length));
    for (const part of parts)
      output.say(`  ${part.name.padEnd(width)}  ${inWords(part)}${flags.size === 1 ? "" : `; ${part.flag}`}`);
  }
  output.result({ command: "list", ...listed });
}

function isKind(kind: string): kind is Kind {
  return Object.hasOwn(KINDS, kind);
}

/** Parts that a registry makes, at their defaults. */
function made(
  registry: Registry,
  kind: "losses" | "optimizers" | "schedules" | "augmentations",
  flag: string,
  make: (name: string) => Described,
): readonly Listed[] {
  return registry.names(kind).map((name) => {
    try {
      const part = make(name);
      const { name: _, ...options } = part.toJSON() as { readonly [option: string]: Json };
      return { name, about: part.about, flag, options };
    } catch (error) {
      if (!isUserError(error)) throw error;
      return { name, flag, options: null }; // one that must be given options
    }
  });
}

/** "mean absolute error; HU, lower is better; of ct". */
function inWords({ about, unit, better, options }: Listed): string {
  const set = Object.entries((options ?? {}) as object).map(
    ([name, value]) => `${name} ${JSON.stringify(value)}`,
  );
  return [
    about ?? "no description",
    [unit, better && `${better} is better`].filter(Boolean).join(", "),
    options === null ? "must be given options" : set.join(", "),
  ]
    .filter(Boolean)
    .join("; ");
}
