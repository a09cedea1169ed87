import { basename } from "node:path";
import { fail } from "../../../base/errors/index.ts";
import {
  BODY_OF_CT,
  type MetricPreset,
  type MetricReport,
  Metrics,
  type MetricValue,
  metricsOf,
} from "../../../evaluation/metrics/index.ts";
import { montagePng } from "../../../evaluation/report/index.ts";
import type { VolumeFormat } from "../../../imaging/formats/index.ts";
import { bodyMask, type Volume } from "../../../imaging/volume/index.ts";
import { jsonBytes } from "../../runs/index.ts";
import { type Context, DISCLAIMER } from "../command.ts";
import { assertChoiceUsed } from "../io/choice.ts";
import { assertOneGrid, maskNotes, readCt, readMask, readMr, readOptions } from "../io/inputs.ts";
import { trainingWords } from "../io/model-words.ts";
import { outputFolder } from "../io/outputs.ts";
import { REPORT, reportBytes } from "../io/report.ts";
import { ctWarnings, sayWarnings } from "../io/warnings.ts";
import { slicesIn } from "../train/score-model.ts";
import { type MeasureOptions, moreMeasures } from "./more-measures.ts";

/** What `--out` gets. */
const FILES = [REPORT, "montage.png", "metrics.json"];

/** What `midash evaluate` is given of one pair. */
export interface PairOptions extends MeasureOptions {
  readonly prediction: string;
  readonly reference: string;
  readonly mask?: string;
  readonly mr?: string;
  readonly out?: string;
  readonly frame?: string;
}

interface Protocol {
  readonly preset: MetricPreset;
  readonly dataRange: readonly [number, number] | undefined;
  readonly formats: readonly VolumeFormat[];
}

/** `midash evaluate --prediction FILE --reference FILE`. */
export async function evaluatePair(
  options: PairOptions,
  { preset, dataRange, formats }: Protocol,
  { output, signal }: Context,
): Promise<void> {
  if ((options.predictionLabels === undefined) !== (options.referenceLabels === undefined))
    fail("invalid-argument", "needs --prediction-labels and --reference-labels", {
      where: "evaluate",
      hint: "give both or neither",
    });
  const read = readOptions(options, formats, { output, signal });
  const prediction = await readCt(options.prediction, read);
  const reference = await readCt(options.reference, read);
  const given = await readMask(options.mask, reference, read);
  const mr = options.mr === undefined ? undefined : await readMr(options.mr, read);
  const labels = [
    await readMask(options.predictionLabels, reference, read),
    await readMask(options.referenceLabels, reference, read),
  ];
  const spread = options.spread === undefined ? undefined : await readCt(options.spread, read);
  assertChoiceUsed(read, prediction, reference, given, mr, spread, ...labels);
  assertOneGrid([
    [options.reference, reference],
    [options.prediction, prediction],
    [options.mask ?? "", given],
    [options.mr ?? "", mr],
    [options.spread ?? "", spread],
    [options.predictionLabels ?? "", labels[0]],
    [options.referenceLabels ?? "", labels[1]],
  ]);
  const warnings = sayWarnings(
    output,
    ctWarnings([options.prediction, prediction], [options.reference, reference]),
  );
  const folder = options.out === undefined ? undefined : await outputFolder(options.out);
  const body = given ?? bodyMask(reference);
  const scored = given ?? { volume: body, name: BODY_OF_CT };
  const bar = output.progress("measuring");
  const report = await Metrics.evaluate(prediction, reference, {
    preset,
    // The others count whole slices or volumes; a mask would change what a slice or a voxel outside it is.
    mask: preset === "slice2d" || preset === "monai" ? given : scored,
    dataRange,
    signal,
    onProgress: ({ done, total }) => bar.update(done, total, "slices"),
  }).finally(() => bar.stop());
  const more = await moreMeasures(
    {
      prediction,
      reference,
      mask: scored,
      spread,
      ...(labels[0] && labels[1] ? { labels: [labels[0], labels[1]] } : {}),
    },
    options,
    { output, signal },
  );
  const { measures } = more;
  for (const note of maskNotes([
    [options.mask, given],
    [options.predictionLabels, labels[0]],
    [options.referenceLabels, labels[1]],
  ]))
    output.say(note);
  const metrics = Object.fromEntries(metricsOf(report));
  const result = {
    command: "evaluate",
    simulated: report.simulated,
    ...(prediction.trainedOn === undefined ? {} : { trainedOn: prediction.trainedOn }),
    preset,
    maskRule: report.mae.maskRule,
    ...(report.slices === undefined ? {} : { slices: report.slices }),
    metrics,
    classes: report.classes ?? [],
    ...more.reports,
    ...(warnings.length > 0 ? { warnings } : {}),
    prediction: options.prediction,
    reference: options.reference,
    ...(options.mask === undefined ? {} : { mask: options.mask }),
    ...(options.out === undefined ? {} : { out: options.out, files: FILES }),
  };
  if (folder) {
    await folder.write("montage.png", await picture({ prediction, reference, mr, body }, options.prediction));
    const content = {
      title: "midash evaluate",
      facts: {
        Prediction: options.prediction,
        Reference: options.reference,
        Mask: options.mask ?? BODY_OF_CT,
      },
      cases: [
        {
          id: basename(options.prediction),
          ...{ mr, sct: prediction, ct: reference, mask: body },
          maskRule: given ? `given mask ${options.mask}` : BODY_OF_CT,
          reports: { [preset]: report },
          measures,
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
  const rows = [
    ...metricsOf(report).map(([name, value]) => ({ name: name as string, value })),
    ...classRows(report),
    ...measures,
  ];
  output.table(
    ["metric", "value", "unit", "voxels"],
    rows.map(({ name, value }) => [name, shown(value), value.unit ?? "", String(value.voxels)]),
  );
  for (const { name, value } of rows) if (value.why) output.say(`${name}: ${value.why}`);
  // The thresholds of bone stand in its rows.
  const rules = measures.map(({ value }) => value.maskRule.replace(/; -?\d+ ≤ HU ≤ .*$/, ""));
  for (const rule of new Set(rules)) output.say(`Counted besides: ${rule}`);
  for (const line of trainingWords(prediction.trainedOn)) output.say(line);
  if (options.out !== undefined) output.say(`In ${options.out}: ${FILES.join(", ")}`);
  output.say(DISCLAIMER);
  output.result(result);
}

function shown({ value, unit }: MetricValue): string {
  return value.toFixed(unit === undefined ? 4 : 2);
}

/** MAE and ME by class; those of classes that the CT does not have are left to the JSON. */
function classRows({ classes = [] }: MetricReport): { readonly name: string; readonly value: MetricValue }[] {
  return classes
    .filter(({ mae }) => mae.voxels > 0)
    .flatMap(({ name, mae, me }) => [
      { name: `mae, ${name}`, value: mae },
      { name: `me, ${name}`, value: me },
    ]);
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
