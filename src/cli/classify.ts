import { readFile } from "node:fs/promises";
import { Classifier, relativeElectronDensity } from "../classifier/index.ts";
import { type DensityClass, parseDensityClasses } from "../hounsfield/index.ts";
import { writeVolume } from "../node/index.ts";
import { type AddCommand, type Context, DISCLAIMER, examples, JSON_OPTION } from "./command.ts";
import { sayDensity } from "./density.ts";
import { assertFrameUsed, assertOneGrid, FRAME_OPTION, frameOf, readCt, readMask } from "./inputs.ts";
import { densityTable, isFile } from "./more-measures.ts";
import { number, oneOf } from "./options.ts";
import { checkOutputVolume } from "./outputs.ts";
import { CONFIG_OPTIONS, type ConfigOptions, setupOf } from "./setup.ts";

interface ClassifyOptions extends ConfigOptions {
  readonly kind: string;
  readonly mask?: string;
  readonly classes?: string;
  readonly minMl?: string;
  readonly red?: string;
  readonly table?: string;
  readonly frame?: string;
  readonly json?: boolean;
}

export const addClassify: AddCommand = (program, context) => {
  program
    .command("classify")
    .summary("sort the voxels of a CT or synthetic CT into classes")
    .description(
      "Sorts the voxels of a CT or synthetic CT into classes, writes them as a label volume, and says how much there is of each.\n\n" +
        "Labels of --kind density: 0 outside the mask, 1 air, 2 fat, 3 soft tissue, 4 bone; with --classes 1, 2, ... in their order.",
    )
    .usage("<in> <out> --kind density [options]")
    .argument("<in>", "the CT or synthetic CT in HU: a file of any format, or the folder of a DICOM series")
    .argument("<out>", "the label volume to write; its extension says in which format")
    .requiredOption("--kind <name>", "density: classes of HU")
    .option("--mask <file>", "only these voxels (default: all)")
    .option(
      "--classes <text>",
      'density: classes of HU from low to high, or a file of them (default: "air:..-200,fat:-200..-20,soft:-20..150,bone:150..")',
    )
    .option("--min-ml <n>", "density: leave out connected parts of fewer mL (default: 0)")
    .option("--red <file>", "density: also write relative electron density there")
    .option("--table <file>", "HU to relative electron density: a CSV, or matrad or thomas (default: matrad)")
    .option(...FRAME_OPTION)
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
      ),
    )
    .action((input: string, out: string, options: ClassifyOptions) =>
      classify(input, out, options, context(options)),
    );
};

async function classify(
  input: string,
  out: string,
  options: ClassifyOptions,
  { output, signal }: Context,
): Promise<void> {
  const kind = oneOf("density")(options.kind, "--kind");
  const { formats } = (await setupOf(options)).registry;
  await checkOutputVolume(out, [input], formats);
  if (options.red !== undefined) await checkOutputVolume(options.red, [input, out], formats);
  const classifier = Classifier.density({
    ...(options.classes === undefined ? {} : { classes: await classesOf(options.classes) }),
    ...(options.minMl === undefined ? {} : { minMl: number(0)(options.minMl, "--min-ml") }),
  });
  const red = await densityTable(options.table, "--table");
  const read = { frame: frameOf(options), formats, signal };
  const ct = await readCt(input, read);
  const mask = await readMask(options.mask, read);
  assertFrameUsed(read.frame, ct, mask);
  assertOneGrid([
    [input, ct],
    [options.mask ?? "", mask],
  ]);
  const { labels, table } = await classifier.classify(ct, { mask, signal });
  await writeVolume(out, labels, { formats, signal });
  if (options.red !== undefined)
    await writeVolume(options.red, await relativeElectronDensity(ct, { table: red, signal }), {
      formats,
      signal,
    });
  const maskRule = mask ? "voxels inside the given mask (above 0)" : "no mask given: all voxels";
  output.say(`${out}: ${kind} classes${ct.simulated ? " of a simulated image" : ""}; counted: ${maskRule}`);
  sayDensity(output, table);
  const removed = table.reduce((sum, row) => sum + row.removed, 0);
  if (removed > 0) output.say(`${removed} voxels in parts below ${classifier.minMl} mL are left out.`);
  if (options.red !== undefined)
    output.say(`${options.red}: relative electron density by table ${red?.name ?? "matrad"}`);
  output.say(DISCLAIMER);
  output.result({
    command: "classify",
    kind,
    simulated: ct.simulated,
    input,
    output: out,
    maskRule,
    minMl: classifier.minMl,
    ...(options.red === undefined ? {} : { red: options.red, redTable: red?.name ?? "matrad" }),
    table,
  });
}

/** Classes as text, or of a file of that name. */
async function classesOf(given: string): Promise<DensityClass[]> {
  const file = await isFile(given);
  return parseDensityClasses(file ? await readFile(given, "utf8") : given, file ? given : "--classes");
}
