// What augmentation, an average of weights and a composed loss buy, each against the plain recipe at equal steps, on simulated heads.
//
//   npm run study:recipes                                      # four recipes by three seeds, some 2 minutes each on one core; then a table
//   npm run study:recipes -- --recipes plain,ema --seeds 7     # some of them
//   npm run study:recipes -- --steps 40 --out .tmp/try.json    # a try
//
// A seed decides the heads to train on, the initial weights and all that is random; the heads that are tested are the same for all. Each run is written into the file when it
// is done, and not done again when the study is started anew. The numbers that count are differences from the plain recipe of the same seed.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { Metrics } from "../../src/evaluation/metrics/index.ts";
import { scoreCases } from "../../src/evaluation/scoring/index.ts";
import { remembered } from "../../src/host/runs/index.ts";
import type { Triple } from "../../src/imaging/volume/index.ts";
import { wasm } from "../../src/networks/backends/index.ts";
import { losses } from "../../src/networks/learning/index.ts";
import { UNet } from "../../src/networks/models/index.ts";
import { augmentations, type Dataset, phantomDataset } from "../../src/road/data/index.ts";
import { Slicer } from "../../src/road/preparation/index.ts";
import { Synthesizer } from "../../src/road/synthesis/index.ts";
import { Trainer, type TrainerOptions } from "../../src/road/training/index.ts";
import { thisDevice } from "../harness/device.ts";

const GRID = { shape: [56, 64, 46] as Triple, spacing: [3.5, 3.5, 3.5] as Triple };
const HEADS = { train: 6, validation: 1, test: 4 } as const;
/** Whose heads are tested; no run is of this seed. */
const TEST_SEED = 1000;
const EPOCHS = 4;
/** HU from which on a voxel is bone. */
const BONE = 300;

/** What differs from the plain recipe: L1, Adam at a constant rate. */
const RECIPES = {
  plain: {},
  augmentation: {
    augmentations: [
      augmentations.flip(),
      augmentations.affine(),
      augmentations.elastic(),
      augmentations.contrast(),
      augmentations.intensity(),
      augmentations.biasField(),
      augmentations.noise(),
    ],
  },
  ema: { ema: 0.99 },
  loss: {
    loss: losses.sum([
      [1, losses.l1()],
      [0.5, losses.gradient()],
      [0.5, losses.bone()],
    ]),
  },
} as const satisfies Readonly<Record<string, Partial<TrainerOptions>>>;

type Recipe = keyof typeof RECIPES;
const MEASURES = { mae: "MAE, HU", boneDice: "bone Dice", ssim: "SSIM" } as const;
type Measure = keyof typeof MEASURES;

/** One recipe by one seed: means over the tested heads. */
interface Run extends Readonly<Record<Measure, number>> {
  readonly recipe: Recipe;
  readonly seed: number;
  readonly seconds: number;
}

const { values: flags } = parseArgs({
  options: {
    recipes: { type: "string", default: Object.keys(RECIPES).join() },
    seeds: { type: "string", default: "1,2,3" },
    steps: { type: "string", default: "1200" },
    out: { type: "string", default: ".tmp/study-recipes.json" },
  },
});
const steps = Number(flags.steps);
const settings = {
  ...{ simulated: true, steps, epochs: EPOCHS, heads: HEADS, grid: GRID, bone: BONE, testSeed: TEST_SEED },
  ...{
    model: { baseFilters: 8, levels: 4 },
    size: [64, 64] as [number, number],
    batchSize: 4,
    learningRate: 3e-3,
  },
} as const;

const tested = remembered(
  phantomDataset({ ...GRID, seed: TEST_SEED, subjects: { ...HEADS, train: 1 } }),
).test;
const trained = new Map<number, Dataset>();

/** The heads of a seed, made once. */
function datasetOf(seed: number): Dataset {
  const made =
    trained.get(seed) ?? remembered(phantomDataset({ ...GRID, seed, subjects: { ...HEADS, test: 0 } }));
  trained.set(seed, made);
  return made;
}

async function runOf(recipe: Recipe, seed: number): Promise<Run> {
  const started = performance.now();
  const dataset = datasetOf(seed);
  const trainer = new Trainer({
    model: UNet(settings.model),
    backend: wasm({ threads: 1 }),
    sampler: Slicer.slices({ size: settings.size }),
    batchSize: settings.batchSize,
    learningRate: settings.learningRate,
    epochs: EPOCHS,
    stepsPerEpoch: Math.round(steps / EPOCHS),
    patience: 0,
    seed,
    ...RECIPES[recipe],
  });
  for await (const event of trainer.fit(dataset))
    if (event.type === "epoch")
      console.error(
        `${recipe}, seed ${seed}: epoch ${event.epoch}, ${event.validation?.value.toFixed(1)} HU`,
      );
  const synthesizer = new Synthesizer(trainer.result(), { backend: wasm({ threads: 1 }) });
  const found: Record<Measure, number[]> = { mae: [], boneDice: [], ssim: [] };
  for await (const { sct, ct, mask, reports } of scoreCases(tested, synthesizer)) {
    found.mae.push(reports.synthrad2023.mae.value);
    found.ssim.push(reports.synthrad2023.ssim.value);
    const region = { volume: mask, name: "where it is scored" };
    const bone = await Metrics.boneDice(sct, ct, {
      mask: region,
      thresholds: [BONE],
      upper: Number.POSITIVE_INFINITY,
    });
    found.boneDice.push(bone.thresholds[0]!.dice.value);
  }
  synthesizer.dispose();
  const means = { mae: mean(found.mae), boneDice: mean(found.boneDice), ssim: mean(found.ssim) };
  return { recipe, seed, ...means, seconds: Math.round((performance.now() - started) / 1000) };
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

/** "91.23 ± 0.45": mean and standard deviation of a sample. */
function spread(values: readonly number[], digits: number): string {
  const middle = mean(values);
  const squares = values.map((value) => (value - middle) ** 2);
  const sd = Math.sqrt(squares.reduce((a, b) => a + b, 0) / Math.max(1, values.length - 1));
  return `${middle.toFixed(digits)} ± ${values.length > 1 ? sd.toFixed(digits) : "?"}`;
}

function tableOf(runs: readonly Run[]): string {
  const names = Object.keys(MEASURES) as Measure[];
  const rows = [...new Set(runs.map(({ recipe }) => recipe))].map((recipe) => {
    const own = runs.filter((run) => run.recipe === recipe);
    const plain = (seed: number) => runs.find((run) => run.recipe === "plain" && run.seed === seed);
    const cells = names.flatMap((name) => {
      const digits = name === "mae" ? 1 : 4;
      const differences = own.flatMap((run) => {
        const other = plain(run.seed);
        return other ? [run[name] - other[name]] : [];
      });
      const against = recipe === "plain" || differences.length === 0 ? "" : spread(differences, digits);
      return [
        spread(
          own.map((run) => run[name]),
          digits,
        ),
        against,
      ];
    });
    return [
      recipe,
      ...cells,
      String(own.length),
      spread(
        own.map(({ seconds }) => seconds),
        0,
      ),
    ];
  });
  const heads = names.flatMap((name) => [MEASURES[name], "against plain"]);
  const lines = [["recipe", ...heads, "seeds", "s"], Array(9).fill("---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** What the file holds of a study with these settings. */
function doneBefore(): readonly Run[] {
  if (!existsSync(flags.out)) return [];
  const { runs, settings: theirs } = JSON.parse(readFileSync(flags.out, "utf8"));
  if (JSON.stringify(theirs) !== JSON.stringify(settings))
    throw new Error(`${flags.out} is of a study with other settings; give another --out`);
  return runs;
}

let runs = doneBefore();
mkdirSync(dirname(flags.out), { recursive: true });
for (const seed of flags.seeds.split(",").map(Number))
  for (const recipe of flags.recipes.split(",") as Recipe[]) {
    if (!(recipe in RECIPES))
      throw new Error(`no recipe "${recipe}"; there are ${Object.keys(RECIPES).join(", ")}`);
    if (runs.some((run) => run.recipe === recipe && run.seed === seed)) continue;
    runs = [...runs, await runOf(recipe, seed)];
    const recipes = Object.fromEntries(
      Object.entries<Partial<TrainerOptions>>(RECIPES).map(
        ([name, { loss, augmentations: list, ema = 0 }]) => [
          name,
          { loss: loss ?? losses.l1(), augmentations: list ?? [], ema },
        ],
      ),
    );
    writeFileSync(
      flags.out,
      `${JSON.stringify({ settings, recipes, device: thisDevice(), runs }, null, 1)}\n`,
    );
  }
console.log(`Simulated heads, ${steps} steps, means over ${tested.length} heads, ± the spread over seeds.\n`);
console.log(tableOf(runs));
