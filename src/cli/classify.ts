import { Classifier } from "../classifier/index.ts";
import { writeVolume } from "../node/index.ts";
import { type AddCommand, type Context, DISCLAIMER, examples, JSON_OPTION } from "./command.ts";
import { sayDensity } from "./density.ts";
import { assertFrameUsed, assertOneGrid, FRAME_OPTION, frameOf, readCt, readMask } from "./inputs.ts";
import { oneOf } from "./options.ts";
import { checkOutputVolume } from "./outputs.ts";
import { CONFIG_OPTIONS, type ConfigOptions, setupOf } from "./setup.ts";

interface ClassifyOptions extends ConfigOptions {
  readonly kind: string;
  readonly mask?: string;
  readonly frame?: string;
  readonly json?: boolean;
}

export const addClassify: AddCommand = (program, context) => {
  program
    .command("classify")
    .summary("sort the voxels of a CT or synthetic CT into classes")
    .description(
      "Sorts the voxels of a CT or synthetic CT into classes, writes them as a label volume, and says how much there is of each.\n\n" +
        "Labels of --kind density: 0 outside the mask, 1 air, 2 fat, 3 soft tissue, 4 bone.",
    )
    .usage("<in> <out> --kind density [options]")
    .argument("<in>", "the CT or synthetic CT in HU: a file of any format, or the folder of a DICOM series")
    .argument("<out>", "the label volume to write; its extension says in which format")
    .requiredOption("--kind <name>", "density: classes of HU")
    .option("--mask <file>", "only these voxels (default: all)")
    .option(...FRAME_OPTION)
    .option(...CONFIG_OPTIONS[0])
    .option(...CONFIG_OPTIONS[1])
    .option(...JSON_OPTION)
    .addHelpText(
      "after",
      examples([
        "classify sct.nii.gz labels.nii.gz --kind density --mask mask.nii.gz",
        "air, fat, soft tissue and bone",
      ]),
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
  const read = { frame: frameOf(options), formats, signal };
  const ct = await readCt(input, read);
  const mask = await readMask(options.mask, read);
  assertFrameUsed(read.frame, ct, mask);
  assertOneGrid([
    [input, ct],
    [options.mask ?? "", mask],
  ]);
  const { labels, table } = await Classifier.density().classify(ct, { mask, signal });
  await writeVolume(out, labels, { formats, signal });
  const maskRule = mask ? "voxels inside the given mask (above 0)" : "no mask given: all voxels";
  output.say(`${out}: ${kind} classes${ct.simulated ? " of a simulated image" : ""}; counted: ${maskRule}`);
  sayDensity(output, table);
  output.say(DISCLAIMER);
  output.result({ command: "classify", kind, simulated: ct.simulated, input, output: out, maskRule, table });
}
