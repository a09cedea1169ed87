import { Classifier } from "../classifier/index.ts";
import { assert } from "../errors/index.ts";
import { writeVolume } from "../node/index.ts";
import { type AddCommand, type Context, DISCLAIMER, examples, JSON_OPTION } from "./command.ts";
import { sayDensity } from "./density.ts";
import { assertFrameUsed, assertOneGrid, FRAME_OPTION, frameOf, readCt, readMask } from "./inputs.ts";
import { oneOf } from "./options.ts";
import { checkOutputVolume } from "./outputs.ts";
import { CONFIG_OPTIONS, type ConfigOptions, setupOf } from "./setup.ts";
import { classifyTissue } from "./tissue.ts";

export interface ClassifyOptions extends ConfigOptions {
  readonly kind: string;
  readonly mask?: string;
  readonly contrast?: string;
  readonly pve?: string;
  readonly input?: readonly string[];
  readonly frame?: string;
  readonly json?: boolean;
}

export const addClassify: AddCommand = (program, context) => {
  program
    .command("classify")
    .summary("sort the voxels of a CT, synthetic CT or MR of the brain into classes")
    .description(
      "Sorts voxels into classes, writes them as a label volume, and says how much there is of each: a CT or synthetic CT by density, an MR of " +
        "the head by brain tissue.\n\n" +
        "Labels of --kind density: 0 outside the mask, 1 air, 2 fat, 3 soft tissue, 4 bone.\n" +
        "Labels of --kind tissue: 0 outside the brain, 1 CSF, 2 grey matter, 3 white matter.",
    )
    .usage("<in> <out> --kind density|tissue [options]")
    .argument("<in>", "the CT or synthetic CT in HU, or the MR (.nii or .nii.gz)")
    .argument("<out>", "the label volume to write (.nii or .nii.gz)")
    .requiredOption("--kind <name>", "density: classes of HU; tissue: CSF, grey and white matter")
    .option(
      "--mask <file>",
      "only these voxels (default: density all, tissue the brain, which is looked for)",
    )
    .option("--contrast <name>", "tissue: what <in> shows, t1, t2 or flair (default: read off the image)")
    .option("--input <name=file>", "tissue: another contrast on the same grid; may be repeated", collect)
    .option(
      "--pve <prefix>",
      "tissue: also write partial volumes as PREFIX_csf, PREFIX_gm, PREFIX_wm .nii.gz",
    )
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
          "classify t1.nii.gz tissue.nii.gz --kind tissue --contrast t1 --pve tissue",
          "CSF, grey and white matter, and their shares",
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
  context: Context,
): Promise<void> {
  const kind = oneOf("density", "tissue")(options.kind, "--kind");
  if (kind === "tissue") return classifyTissue(input, out, options, context);
  for (const name of ["contrast", "pve", "input"] as const)
    assert(options[name] === undefined, "goes with --kind tissue only", `--${name}`, "leave it out");
  const { output, signal } = context;
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

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
