/** One entry in the table of training options is all that a new one needs, besides the code that uses it. */
import { expect, expectTypeOf, test } from "vitest";
import { option } from "../src/base/options/index.ts";
import { trainerValues } from "../src/host/cli/train/parts.ts";
import { readSettings, settingOptions } from "../src/host/cli/train/train-settings.ts";
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
    watch: "psnr",
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
    watch: "PSNR",
    stepsPerEpoch: null,
  });
  for (const [key, value, says] of [
    ["augmentations", "flop", 'unknown augmentation "flop"; did you mean "flip"?'],
    ["optimizer", "adm", 'unknown optimizer "adm"; did you mean "adam"?'],
    ["batches", ["paired"], "must be a name, or"],
    ["watch", "psrn", 'unknown metric "psrn"; did you mean "psnr"?'],
  ] as const)
    expect(() => readSettings({ [key]: value }, layer, registry)).toThrow(`my.json, "train.${key}": ${says}`);
});

test("only a schedule that ends with the run makes its length a setting to resume by", () => {
  const by = (schedule: Schedule) => recordedOptions(TRAINER_OPTIONS, { schedule, epochs: 7 }, "resume");
  expect(by(schedules.warmup())).not.toHaveProperty("epochs");
  expect(by(schedules.warmup({ into: schedules.cosine() }))).toMatchObject({
    schedule: { name: "warmup", steps: 100, from: 0.01, into: { name: "cosine" } },
    epochs: 7,
  });
});
