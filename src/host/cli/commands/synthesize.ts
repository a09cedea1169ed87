import { assert } from "../../../base/errors/index.ts";
import type { VolumeFormat } from "../../../imaging/formats/index.ts";
import { type FindMrsOptions, type FoundCase, findMrs, openMaker } from "../../node/index.ts";
import { type AddCommand, type Context, examples, JSON_OPTION } from "../command.ts";
import { FRAME_OPTION, SERIES_OPTION } from "../io/choice.ts";
import { DICOM_OPTIONS } from "../io/ct-target.ts";
import { inFlags } from "../io/in-flags.ts";
import { assertInputThere, collect, MASK_KINDS } from "../io/inputs.ts";
import { isFolder } from "../io/paths.ts";
import { PICTURE_OPTIONS } from "../io/pictures.ts";
import { CONFIG_OPTIONS, setupOf } from "../io/setup.ts";
import { FORMAT_OPTION, STANDARD } from "../io/standard-streams.ts";
import {
  COLUMN_OPTION,
  PART_OPTIONS,
  PATTERN_OPTION,
  partAsked,
  whereFilesLie,
} from "../io/where-files-lie.ts";
import { synthesizeCohort } from "../synthesis/cohort.ts";
import { synthesizeOne } from "../synthesis/one.ts";
import type { SynthesizeOptions } from "../synthesis/options.ts";
import { ORIENTATION_OPTION, orientationFlag } from "../synthesis/orientation.ts";
import { SCT_OPTIONS, sctPlanOf } from "../synthesis/sct-plan.ts";

export const addSynthesize: AddCommand = (program, context) => {
  program
    .command("synthesize")
    .summary("make a synthetic CT of an MR")
    .description(
      "Makes a synthetic CT in HU of an MR, on the MR's own grid: of a head with the model that comes with midash, or with one that train wrote.\n\n" +
        "A folder of cases is a cohort: case folders or files as train and evaluate know them, or a folder of DICOM files each. Each case gets a folder in <out>, whole " +
        "or not at all; cases that are there are skipped, so the same command goes on after a stop. What fails is listed at the end and in synthesis.json, with the " +
        "reason. Exit code: 0 when all went well, 2 when cases failed by their input alone, 1 when any failed by a fault of midash.",
    )
    .usage("<in> <out> [options]")
    .argument(
      "<in>",
      "the MR: a file of any format, or the folder of a DICOM series; or a folder of many, or a table of files",
    )
    .argument(
      "<out>",
      "the synthetic CT to write: a file, in place of one that is there, or for an MR in DICOM a new folder for a DICOM series; of a cohort a folder",
    )
    .option(...SCT_OPTIONS[0])
    .option(...SCT_OPTIONS[1])
    .option(...SCT_OPTIONS[2])
    .option(...SCT_OPTIONS[3])
    .option(...SCT_OPTIONS[4])
    .option(...SCT_OPTIONS[5])
    .option(...SCT_OPTIONS[6])
    .option(
      "--mask <file>",
      `the body, outside it is air: ${MASK_KINDS}; of a cohort a folder of masks (default: estimated from the MR)`,
    )
    .option(...SCT_OPTIONS[7])
    .option(...SCT_OPTIONS[8])
    .option(...ORIENTATION_OPTION)
    .option(PICTURE_OPTIONS[0][0], `${PICTURE_OPTIONS[0][1]}; of a cohort the name in each case's folder`)
    .option(PICTURE_OPTIONS[1][0], `${PICTURE_OPTIONS[1][1]}; of a cohort the name in each case's folder`)
    .option("--overwrite", "of a cohort: make cases again that are there")
    .option(...PATTERN_OPTION, collect)
    .option(...COLUMN_OPTION, collect)
    .option(...PART_OPTIONS[0])
    .option(...PART_OPTIONS[1])
    .option("--input <name=file>", "more MR of a model with several inputs; may be repeated", collect)
    .option(
      FORMAT_OPTION[0],
      `${FORMAT_OPTION[1]}; of a cohort: of all that is written (default: nii.gz, DICOM for DICOM)`,
    )
    .option(...FRAME_OPTION)
    .option(...SERIES_OPTION)
    .option(...DICOM_OPTIONS[0])
    .option(...DICOM_OPTIONS[1])
    .option(...DICOM_OPTIONS[2])
    .option(...CONFIG_OPTIONS[0])
    .option(...CONFIG_OPTIONS[1])
    .option(...JSON_OPTION)
    .addHelpText(
      "after",
      examples(
        [
          "synthesize t1.nii.gz sct.nii.gz --labels",
          "any MR of a head, with the model that comes with midash",
        ],
        ["synthesize mr.nii.gz sct.nii.gz --model demo-out/model.safetensors", "with the model of the demo"],
        [
          "synthesize t1.nii.gz sct.nii.gz --report report.html --png sct.png",
          "with something to look at in three planes",
        ],
        [
          "synthesize cohort/ made/ --report report.html",
          "every MR in a folder; the same again goes on after a stop",
        ],
        ["synthesize mr-series/ sct-series --model m.safetensors", "DICOM in, DICOM out"],
        [
          "synthesize mr.nii.gz sct.nii.gz --model a.safetensors --model b.safetensors --flips x",
          "two models and mirrored images; sct_spread.nii.gz shows where they disagree, in HU",
        ],
        [
          "synthesize t1.nii.gz sct.nii.gz --model m.safetensors --input t2=t2.nii.gz",
          "a model of T1 and T2: <in> is its first input",
        ],
      ),
    )
    .action((input: string, out: string, options: SynthesizeOptions) =>
      synthesize(input, out, options, context(options, out)),
    );
};

async function synthesize(
  input: string,
  out: string,
  options: SynthesizeOptions,
  context: Context,
): Promise<void> {
  const setup = await setupOf(options);
  await assertInputThere(input);
  const { formats } = setup.registry;
  const asked = { ...options, slices: orientationFlag(options.orientation) };
  const openSct = () => openMaker(sctPlanOf(options), { ...setup, signal: context.signal, words: inFlags });
  const { pattern, column, part } = options;
  const cases = await cohortIn(input, out, {
    masks: options.mask,
    formats,
    pattern: whereFilesLie("pattern", pattern),
    columns: whereFilesLie("column", column),
    ...partAsked(options),
  });
  if (cases.length > 0) return synthesizeCohort(input, out, cases, asked, setup, openSct, context);
  assert(!options.overwrite, "is for cohorts: one output is replaced anyway", {
    where: "--overwrite",
    hint: "leave it out",
  });
  for (const [where, given] of Object.entries({ "--pattern": pattern, "--column": column, "--part": part }))
    assert(given === undefined, "is for cohorts", {
      where,
      hint: "leave it out, or give a folder or a table",
    });
  return synthesizeOne(input, out, asked, setup, openSct, context);
}

/** The cases of <in>, where it is no single image. */
async function cohortIn(
  input: string,
  out: string,
  options: FindMrsOptions & { readonly formats: readonly VolumeFormat[] },
): Promise<readonly FoundCase[]> {
  if (!(await isFolder(input)) && !/\.(csv|tsv|json)$/i.test(input)) return [];
  const { formats } = options;
  const lower = out.toLowerCase();
  const file =
    out === STANDARD || formats.some(({ extensions }) => extensions.some((end) => lower.endsWith(end)));
  if (!file) return findMrs(input, options);
  const cases = await findMrs(input, { ...options, masks: undefined });
  const plain = cases.length > 0 && !(await isFolder([...cases[0]!.files.values()][0]!));
  assert(!plain, `holds ${cases.length === 1 ? "a case" : `${cases.length} cases`}, and <out> is one file`, {
    where: input,
    hint: "give a folder as <out>, or one MR as <in>",
  });
  return []; // a disc of DICOM, of which --series chooses one
}
