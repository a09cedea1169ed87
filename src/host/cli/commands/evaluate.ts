import { valueKinds } from "../../../base/options/index.ts";
import type { MetricPreset } from "../../../evaluation/metrics/index.ts";
import { type AddCommand, type Context, examples, JSON_OPTION } from "../command.ts";
import { FRAME_OPTION, SERIES_OPTION } from "../io/choice.ts";
import { collect, MASK_KINDS } from "../io/inputs.ts";
import { CONFIG_OPTIONS, type ConfigOptions, setupOf } from "../io/setup.ts";
import { COLUMN_OPTION, PART_OPTIONS } from "../io/where-files-lie.ts";
import type { CohortFlags } from "./cohort-files.ts";
import { evaluateFolders } from "./evaluate-cohort.ts";
import { COHORT_OPTIONS, pairOf } from "./evaluate-kind.ts";
import { evaluatePair, type PairOptions } from "./evaluate-pair.ts";
import { MEASURE_OPTIONS } from "./more-measures.ts";

export const PRESETS = ["synthrad2023", "synthrad2025", "monai", "slice2d"] as const satisfies MetricPreset[];

interface EvaluateOptions extends ConfigOptions, Partial<CohortFlags>, Partial<PairOptions> {
  readonly preset: string;
  readonly dataRange?: string;
  readonly json?: boolean;
}

export const addEvaluate: AddCommand = (program, context) => {
  const command = program
    .command("evaluate")
    .summary("measure synthetic CTs against CTs, one pair or a cohort")
    .description(
      "Measures a synthetic CT against the CT, both in HU on one grid; or all pairs of two folders, with aggregates.\n\n" +
        "Presets: synthrad2023 and synthrad2025 (inside a mask, as those challenges; 2025 with MS-SSIM), monai (whole volume, " +
        "as MONAI's metrics), slice2d (whole axial slices, as papers on 2-D networks).\n" +
        "Numbers of different presets or masks can't be compared.\n\n" +
        "Folders are paired by case id: <id>.mha, <id>_sct.mha, sct_<id>.mha or <id>/sct.mha, likewise with ct, mask and mr.\n" +
        "A case that can't be evaluated is listed with its reason, the rest goes on, and the exit code is 2.",
    )
    .usage(
      "--prediction <file> --reference <file> --preset <name> [options]\n" +
        "       midash evaluate --predictions <dir> --references <dir> --preset <name> [options]",
    )
    .option("--prediction <file>", "the synthetic CT")
    .option("--reference <file>", "the CT")
    .requiredOption("--preset <name>", PRESETS.join(", "))
    .option(
      "--data-range <low,high>",
      "HU to clip to, of synthrad2025 (default: -1024,3071) and monai (default: -1024,3000)",
    )
    .option(
      "--mask <file>",
      `voxels that count: ${MASK_KINDS} (default: the body of the reference; monai: all; the library's presets score all voxels without a mask)`,
    )
    .option(
      "--out <dir>",
      "also write report.html (slices, histogram, all numbers), montage.png and metrics.json there; of a cohort report.html, cohort.json, cases.csv and a JSON file a case",
    )
    .option("--mr <file>", "the MR, to show it in the report and the montage; a folder for a cohort");
  for (const [flags, description] of [...COHORT_OPTIONS, ...PART_OPTIONS, ...MEASURE_OPTIONS])
    command.option(flags, description);
  command
    .option(...COLUMN_OPTION, collect)
    .option(...FRAME_OPTION)
    .option(...SERIES_OPTION)
    .option(...CONFIG_OPTIONS[0])
    .option(...CONFIG_OPTIONS[1])
    .option(...JSON_OPTION)
    .addHelpText(
      "after",
      examples(
        [
          "evaluate --prediction sct.nii.gz --reference ct.nii.gz --mask mask.nii.gz --preset synthrad2023",
          "as the SynthRAD2023 challenge scores",
        ],
        [
          "evaluate --prediction sct.nii.gz --reference ct.nii.gz --preset slice2d --mr mr.nii.gz --out scores",
          "slice by slice, with a report",
        ],
        [
          "evaluate --prediction sct.nii.gz --reference ct.nii.gz --preset synthrad2025 --bone-dice --red --wepl",
          "with bone, electron density and path lengths, for planning dose",
        ],
        [
          "evaluate --prediction sct.nii.gz --reference ct.nii.gz --preset synthrad2023 --spread sct_spread.nii.gz",
          "whether several predictions disagree where they are wrong",
        ],
        [
          "evaluate --predictions sct --references Task1/brain --masks Task1/brain --preset synthrad2025 --out scores",
          "a cohort, in SynthRAD's layout",
        ],
        [
          "evaluate --predictions made --references cases.csv --part test --split run --preset synthrad2023",
          "the test cases of a run, as synthesize made them by the same --part and --split",
        ],
      ),
    )
    .action((options: EvaluateOptions) => evaluate(options, context(options)));
};

async function evaluate(options: EvaluateOptions, context: Context): Promise<void> {
  const preset = valueKinds.choice<MetricPreset>(PRESETS).read(options.preset, "--preset");
  const pair = pairOf(options);
  const dataRange =
    options.dataRange === undefined
      ? undefined
      : valueKinds.tuple(2, valueKinds.number()).read(options.dataRange, "--data-range");
  const { formats } = (await setupOf(options)).registry;
  if (pair) return evaluatePair({ ...options, ...pair }, { preset, dataRange, formats }, context);
  const { predictions = "", references = "", mr: mrs } = options;
  return evaluateFolders(
    { ...options, predictions, references, mrs },
    { preset, dataRange, formats },
    context,
  );
}
