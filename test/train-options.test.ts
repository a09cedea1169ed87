/** One entry in the table of training options is all that a new one needs, besides the code that uses it. */
import { expect, expectTypeOf, test } from "vitest";
import { option } from "../src/base/options/index.ts";
import { readSettings, settingOptions } from "../src/host/cli/train/train-settings.ts";
import { trainerValues } from "../src/host/runs/index.ts";
import { type Schedule, schedules } from "../src/networks/learning/index.ts";
import { Registry } from "../src/road/plugin/index.ts";
import { type GivenValues, recordedOptions, TRAINER_OPTIONS } from "../src/road/training/index.ts";

const table = {
  ...TRAINER_OPTIONS,
  warmUp: {
    ...option.integer({ default: 0, min: 0, max: 100, about: "epochs until the full learning rate" }),
    group: "Training:",
    resume: true,
    provenance: true,
  },
} as const;
const layer = { train: {}, nameOf: (key: string) => `my.json, "train.${key}"` };

test("a new entry is a flag, a checked setting, an option of the Trainer, and on record", () => {
  expectTypeOf<GivenValues<typeof table>["warmUp"]>().toEqualTypeOf<number | undefined>();
  const flag = settingOptions(undefined, table).find(({ long }) => long === "--warm-up")!;
  expect(flag.helpGroupHeading).toBe("Training:");
  expect(flag.description).toBe(
    "epochs until the full learning rate; a whole number from 0 to 100 (default: 0)",
  );

  const registry = new Registry();
  const settings = readSettings({ warmUp: "5", epochs: 3 }, layer, registry, table);
  expect(settings).toEqual({ warmUp: 5, epochs: 3 });
  expect(() => readSettings({ warmUp: 101 }, layer, registry, table)).toThrow(
    'my.json, "train.warmUp": must be a whole number from 0 to 100, got 101',
  );
  expect(() => readSettings({ warmup: 5 }, layer, registry, table)).toThrow('did you mean "warmUp"?');

  const options = trainerValues({ ...settings }, registry, table);
  expect(options).toEqual({ warmUp: 5, epochs: 3 });
  for (const by of ["resume", "provenance"] as const)
    expect(recordedOptions(table, { ...options }, by)).toMatchObject({ warmUp: 5 });
});

test("parts are found by name, with options of their own, and recorded as they say themselves", () => {
  const registry = new Registry();
  const given = {
    loss: "l2",
    optimizer: { name: "adamw", learningRate: 0.01 },
    augmentations: "flip,intensity",
    batches: "unpaired",
    metric: "psnr",
  };
  const settings = readSettings(given, layer, registry);
  expect(settings.augmentations).toEqual(["flip", "intensity"]);
  const options = trainerValues({ ...settings }, registry);
  expect(
    recordedOptions(TRAINER_OPTIONS, { ...options, schedule: schedules.constant() }, "provenance"),
  ).toMatchObject({
    loss: { name: "l2", of: "ct" },
    optimizer: { name: "adamw", learningRate: 0.01 },
    augmentations: [{ name: "flip", axis: "x" }, { name: "intensity" }],
    batches: "unpaired",
    metric: "PSNR",
    stepsPerEpoch: null,
  });
  for (const [key, value, says] of [
    ["augmentations", "flop", 'unknown augmentation "flop"; did you mean "flip"?'],
    ["optimizer", "adm", 'unknown optimizer "adm"; did you mean "adam"?'],
    ["batches", ["paired"], "must be a name, or"],
    ["metric", "psrn", 'unknown metric "psrn"; did you mean "psnr"?'],
  ] as const)
    expect(() => readSettings({ [key]: value }, layer, registry)).toThrow(`my.json, "train.${key}": ${says}`);
});

test("parts may be made of others, in a config and as JSON on a command line", () => {
  const registry = new Registry();
  const terms = [
    [1, "l1"],
    [
      { from: 0, to: 1, epochs: [2, 4] },
      { name: "bone", weight: 6 },
    ],
  ];
  for (const loss of [{ name: "sum", terms }, JSON.stringify({ name: "sum", terms })]) {
    const schedule = '{ "name": "warmup", "into": { "name": "poly", "power": 2 } }';
    const settings = readSettings(
      { loss, schedule, augmentations: '["flip", {"name":"blur"}]' },
      layer,
      registry,
    );
    const made = trainerValues({ ...settings }, registry);
    expect(made.loss?.toJSON()).toEqual({
      name: "sum",
      terms: [
        [1, { name: "l1", of: "ct" }],
        [
          { from: 0, to: 1, epochs: [2, 4] },
          { name: "bone", of: "ct", from: 100, to: 300, weight: 6 },
        ],
      ],
    });
    expect(
      registry.loss("sum", { options: { terms: (made.loss!.toJSON() as { terms: object }).terms } }).toJSON(),
    ).toEqual(made.loss!.toJSON());
    expect(made.schedule?.toJSON()).toMatchObject({ into: { name: "poly", power: 2 } });
    expect(made.augmentations?.map(({ name }) => name)).toEqual(["flip", "blur"]);
  }
  for (const [key, value, says] of [
    ["loss", { name: "sum", terms: [[1, "l3"]] }, 'unknown loss "l3"; did you mean "l1"?'],
    ["loss", { name: "sum", terms: [[1, { name: "l1", off: "ct" }]] }, 'the loss l1 has no option "off"'],
    ["schedule", { name: "warmup", into: "cosin" }, 'unknown schedule "cosin"; did you mean "cosine"?'],
    [
      "schedule",
      '{ "name": "poly", "powr": 2 }',
      'the schedule poly has no option "powr"; did you mean "power"?',
    ],
    ["optimizer", { name: "adamw", weightDeca: 1 }, 'the optimizer adamw has no option "weightDeca"'],
    ["schedule", "{ name: poly }", 'must be a name, or { "name": "..." } with options, got "{ name: poly }"'],
  ] as const)
    expect(() => readSettings({ [key]: value }, layer, registry)).toThrow(says);
});

test("only a schedule that ends with the run makes its length a setting to resume by", () => {
  const by = (schedule: Schedule) => recordedOptions(TRAINER_OPTIONS, { schedule, epochs: 7 }, "resume");
  expect(by(schedules.warmup())).not.toHaveProperty("epochs");
  expect(by(schedules.warmup({ into: schedules.cosine() }))).toMatchObject({
    schedule: { name: "warmup", steps: 100, from: 0.01, into: { name: "cosine" } },
    epochs: 7,
  });
});

test("a rare case of heads that is none is refused, and the nearest named", () => {
  const read = (rare: object) => readSettings({ rare }, layer, new Registry());
  expect(read({ craniectomy: 0.1 })).toEqual({ rare: { craniectomy: 0.1 } });
  expect(() => read({ craniectomi: 0.1 })).toThrow(
    '"craniectomi" is no rare case; did you mean "craniectomy"?',
  );
});
