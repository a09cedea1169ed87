import { assert } from "../../../base/errors/index.ts";
import { longFlag } from "../../runs/index.ts";
import { type AddCommand, type Context, examples, JSON_OPTION } from "../command.ts";
import { FRAME_OPTION, SERIES_OPTION } from "../io/choice.ts";
import { collect, MASK_KINDS } from "../io/inputs.ts";
import { PICTURE_OPTIONS } from "../io/pictures.ts";
import { CONFIG_OPTIONS } from "../io/setup.ts";
import { classifyBrain } from "./classify-brain.ts";
import { classifyDensity } from "./classify-density.ts";
import { classifyKind } from "./classify-kind.ts";
import type { ClassifyOptions } from "./classify-options.ts";
import { classifyTissue } from "./classify-tissue.ts";

export const addClassify: AddCommand = (program, context) => {
  program
    .command("classify")
    .summary("sort the voxels of a CT, synthetic CT or MR of the brain into classes")
    .description(
      "Sorts voxels into classes, writes them as a label volume, and says how much there is of each: a CT or synthetic CT by density, an MR of " +
        "the head by brain tissue.\n\n" +
        "Labels of --kind density: 0 outside the mask, 1 air, 2 fat, 3 soft tissue, 4 bone; with --classes 1, 2, ... in their order.\n" +
        "Labels of --kind tissue: 0 outside the brain, 1 CSF, 2 grey matter, 3 white matter.\n" +
        "Labels of --kind brain: 1 in the brain with ventricles and sulci.",
    )
    .usage("<in> <out> [--kind density|tissue|brain] [options]")
    .argument(
      "<in>",
      "the CT or synthetic CT in HU, or the MR: a file of any format, or the folder of a DICOM series",
    )
    .argument(
      "<out>",
      "the label volume to write, in place of one that is there; its extension says in which format",
    )
    .option(
      "--kind <name>",
      "density: classes of HU; tissue: CSF, grey and white matter; brain: a mask (default: density of a CT; for an MR one must be chosen)",
    )
    .option(
      "--mask <file>",
      `only these voxels: ${MASK_KINDS} (default: density the body, as evaluate finds it, none for all voxels; tissue the brain, which is looked for)`,
    )
    .option(
      "--classes <text>",
      'density: classes of HU from low to high, or a file of them (default: "air:..-200,fat:-200..-20,soft:-20..150,bone:150..")',
    )
    .option("--min-ml <n>", "density: leave out connected parts of fewer mL (default: 0)")
    .option("--red <file>", "density: also write relative electron density there")
    .option(
      "--table <file>",
      "density: HU to relative electron density: a CSV, or matrad or thomas (default: matrad)",
    )
    .option(
      "--method <name>",
      "tissue, brain: network, by the model of heads that comes with midash, or em, without it (default: network)",
    )
    .option(
      "--backend <name>",
      "tissue, brain: where the network is computed (default: the first of midash doctor)",
    )
    .option("--contrast <name>", "tissue: what <in> shows, t1, t2 or flair (default: read off the image)")
    .option("--input <name=file>", "tissue: another contrast on the same grid; may be repeated", collect)
    .option(
      "--pve <prefix>",
      "tissue: also write partial volumes as PREFIX_csf, PREFIX_gm, PREFIX_wm .nii.gz",
    )
    .option(...PICTURE_OPTIONS[0])
    .option(...PICTURE_OPTIONS[1])
    .option(...FRAME_OPTION)
    .option(...SERIES_OPTION)
    .option(...CONFIG_OPTIONS[0])
    .option(...CONFIG_OPTIONS[1])
    .option(...JSON_OPTION)
    .addHelpText(
      "after",
      examples(
        [
          "classify sct.nii.gz labels.nii.gz --kind density --mask mask.nii.gz",
          "air, fat, soft tissue and bone",
        ],
        [
          "classify sct.nii.gz labels.nii.gz --kind density --classes rest:..300,bone:300.. --min-ml 0.1 --red red.nii.gz",
          "bone above 300 HU without specks, and electron density by the default table",
        ],
        [
          "classify t1.nii.gz tissue.nii.gz --kind tissue --pve tissue",
          "CSF, grey and white matter, and their shares",
        ],
        ["classify t1.nii.gz brain.nii.gz --kind brain", "the brain's mask"],
      ),
    )
    .action((input: string, out: string, options: ClassifyOptions) =>
      classify(input, out, options, context(options)),
    );
};

const KINDS = {
  density: { run: classifyDensity, options: ["mask", "classes", "minMl", "red", "table"] },
  tissue: { run: classifyTissue, options: ["mask", "contrast", "pve", "input", "method", "backend"] },
  brain: { run: classifyBrain, options: ["method", "backend", "contrast"] },
} as const;

async function classify(
  input: string,
  out: string,
  options: ClassifyOptions,
  context: Context,
): Promise<void> {
  const kind = await classifyKind(input, options, context);
  const own: readonly string[] = KINDS[kind].options;
  for (const [other, { options: names }] of Object.entries(KINDS))
    for (const name of names)
      assert(own.includes(name) || options[name] === undefined, `goes with --kind ${other} only`, {
        where: longFlag(name),
        hint: "leave it out",
      });
  return KINDS[kind].run(input, out, options, context);
}
