import { basename } from "node:path";
import { assert, fail } from "../errors/index.ts";
import type { VolumeFormat } from "../formats/index.ts";
import { METRIC_NAMES, type MetricPreset, Metrics, type MetricValue } from "../metrics/index.ts";
import { montagePng } from "../report/index.ts";
import { bodyMask, type Volume } from "../volume/index.ts";
import { type AddCommand, type Context, DISCLAIMER, examples, JSON_OPTION } from "./command.ts";
import { type CohortFlags, evaluateFolders } from "./evaluate-cohort.ts";
import { assertFrameUsed, assertOneGrid, FRAME_OPTION, frameOf, readCt, readMask, readMr } from "./inputs.ts";
import { BODY, withMaskRule } from "./mask-rule.ts";
import { oneOf } from "./options.ts";
import { jsonBytes, outputFolder } from "./outputs.ts";
import { REPORT, reportBytes } from "./report.ts";
import { CONFIG_OPTIONS, type ConfigOptions, setupOf } from "./setup.ts";
import { slicesIn } from "./test-model.ts";

const PRESETS = ["synthrad2023", "synthrad2025", "monai", "slice2d"] as const satisfies MetricPreset[];
const ONE_PAIR = ["prediction", "reference", "mask", "frame"] as const;
const COHORT = ["masks", "compare", "workers", "resume"] as const;

/** What `--out` gets of one pair. */
const FILES = [REPORT, "montage.png", "metrics.json"];

interface EvaluateOptions extends ConfigOptions, Partial<CohortFlags> {
  readonly prediction?: string;
  readonly reference?: string;
  readonly mask?: string;
  readonly preset: string;
  readonly mr?: string;
  readonly frame?: string;
  readonly json?: boolean;
}

export const addEvaluate: AddCommand = (program, context) => {
  program
    .command("evaluate")
    .summary("measure synthetic CTs against CTs, one pair or a cohort")
    .description(
      "Measures a synthetic CT against the CT, both in HU on one grid; or all pairs of two folders, with aggregates.\n\n" +
        "Presets: synthrad2023 and synthrad2025 (inside a mask, as those challenges), monai (whole volumes, as MONAI),\n" +
        "slice2d (whole axial slices, as papers on 2-D networks). Numbers of different presets or masks can't be compared.\n\n" +
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
      "--mask <file>",
      "voxels that count (default: the body of the reference; the library's synthrad2023 scores all voxels without a mask)",
    )
    .option(
      "--out <dir>",
      "also write report.html (slices, histogram, all numbers), montage.png and metrics.json there; of a cohort report.html, cohort.json, cases.csv and a JSON file a case",
    )
    .option("--mr <file>", "the MR, to show it in the report and the montage; a folder for a cohort")
    .option("--predictions <dir>", "cohort: the synthetic CTs")
    .option("--references <dir>", "cohort: the CTs, e.g. a folder of SynthRAD cases")
    .option("--masks <dir>", "cohort: the masks (default: as for one pair); may be the folder of the CTs")
    .option("--compare <dir>", "cohort: the synthetic CTs of a second model, compared pair by pair")
    .option(
      "--workers <n>",
      "cohort: cases at once, each in a thread and in memory (default: cores, or cases if fewer)",
    )
    .option("--resume", "cohort: keep the results in --out whose files and preset have not changed")
    .option(...FRAME_OPTION)
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
          "evaluate --predictions sct --references Task1/brain --masks Task1/brain --preset synthrad2025 --out scores",
          "a cohort, in SynthRAD's layout",
        ],
      ),
    )
    .action((options: EvaluateOptions) => evaluate(options, context(options)));
};

async function evaluate(options: EvaluateOptions, context: Context): Promise<void> {
  const preset = oneOf<MetricPreset>(...PRESETS)(options.preset, "--preset");
  const pair = pairOf(options);
  const { formats } = (await setupOf(options)).registry;
  if (pair) return evaluatePair({ ...options, ...pair }, preset, formats, context);
  const { predictions = "", references = "", mr: mrs } = options;
  return evaluateFolders({ ...options, predictions, references, mrs }, preset, formats, context);
}

/** The files of one pair; undefined for a cohort. Options of the other kind are refused. */
function pairOf(
  options: EvaluateOptions,
): { readonly prediction: string; readonly reference: string } | undefined {
  const { prediction, reference, predictions, references } = options;
  const cohort = predictions !== undefined || references !== undefined;
  for (const name of cohort ? ONE_PAIR : COHORT)
    assert(
      options[name] === undefined,
      `is for ${cohort ? "one pair" : "a cohort"} only`,
      `--${name}`,
      cohort
        ? "folders go with --predictions, --references, --masks, --mr"
        : "leave it out, or give --predictions and --references",
    );
  const [a, b, names] = cohort
    ? [predictions, references, ["--predictions", "--references"]]
    : [prediction, reference, ["--prediction", "--reference"]];
  const absent = a === undefined ? names[0]! : names[1]!;
  if (a === undefined || b === undefined)
    return fail("invalid-argument", "is missing", absent, `give ${names.join(" and ")}`);
  return cohort ? undefined : { prediction: a, reference: b };
}

async function evaluatePair(
  options: EvaluateOptions & { readonly prediction: string; readonly reference: string },
  preset: MetricPreset,
  formats: readonly VolumeFormat[],
  { output, signal }: Context,
): Promise<void> {
  const read = { frame: frameOf(options), formats, signal };
  const prediction = await readCt(options.prediction, read);
  const reference = await readCt(options.reference, read);
  const given = await readMask(options.mask, read);
  const mr = options.mr === undefined ? undefined : await readMr(options.mr, read);
  assertFrameUsed(read.frame, prediction, reference, given, mr);
  assertOneGrid([
    [options.reference, reference],
    [options.prediction, prediction],
    [options.mask ?? "", given],
    [options.mr ?? "", mr],
  ]);
  const folder = options.out === undefined ? undefined : await outputFolder(options.out);
  const body = given ?? bodyMask(reference);
  const bar = output.progress("measuring");
  const report = await Metrics.evaluate(prediction, reference, {
    preset,
    mask: preset === "slice2d" || preset === "monai" ? given : body,
    signal,
    onProgress: ({ done, total }) => bar.update(done, total, "slices"),
  }).finally(() => bar.stop());
  const named = given ? report : withMaskRule(report, BODY);
  const metrics = Object.fromEntries(METRIC_NAMES.map((name) => [name, named[name]]));
  const result = {
    command: "evaluate",
    simulated: report.simulated,
    preset,
    maskRule: named.mae.maskRule,
    ...(report.slices === undefined ? {} : { slices: report.slices }),
    metrics,
    prediction: options.prediction,
    reference: options.reference,
    ...(options.mask === undefined ? {} : { mask: options.mask }),
    ...(options.out === undefined ? {} : { out: options.out, files: FILES }),
  };
  if (folder) {
    await folder.write("montage.png", await picture({ prediction, reference, mr, body }, options.prediction));
    const content = {
      title: "midash evaluate",
      facts: { Prediction: options.prediction, Reference: options.reference, Mask: options.mask ?? BODY },
      cases: [
        {
          id: basename(options.prediction),
          ...{ mr, sct: prediction, ct: reference, mask: body },
          maskRule: given ? `given mask ${options.mask}` : BODY,
          reports: { [preset]: named },
        },
      ],
      notes:
        preset === "slice2d"
          ? [
              "MAE by slice and the histogram count the voxels of the mask alone; slice2d counts whole slices.",
            ]
          : [],
    };
    await folder.write(REPORT, await reportBytes(content, { output, signal }));
    await folder.write("metrics.json", jsonBytes({ schema: 1, note: DISCLAIMER, ...result }));
  }
  output.say(`${preset}${report.simulated ? ", simulated images" : ""}; counted: ${result.maskRule}`);
  output.table(
    ["metric", "value", "unit", "voxels"],
    METRIC_NAMES.map((name) => [
      name,
      shown(named[name]),
      named[name].unit ?? "",
      String(named[name].voxels),
    ]),
  );
  for (const name of METRIC_NAMES) if (named[name].why) output.say(`${name}: ${named[name].why}`);
  if (options.out !== undefined) output.say(`In ${options.out}: ${FILES.join(", ")}`);
  output.say(DISCLAIMER);
  output.result(result);
}

function shown({ value, unit }: MetricValue): string {
  return value.toFixed(unit === "HU" ? 2 : unit === "dB" ? 2 : 4);
}

function picture(
  volumes: {
    readonly prediction: Volume;
    readonly reference: Volume;
    readonly mr?: Volume;
    readonly body: Volume;
  },
  title: string,
): Promise<Uint8Array> {
  const { prediction: sct, reference: ct, mr, body } = volumes;
  const ascii = title.replace(/[^ -~]/g, "?");
  return montagePng([{ title: ascii, mr, sct, ct, slices: slicesIn(body, [0.25, 0.5, 0.75]) }]);
}
