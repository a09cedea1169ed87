import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { valueKinds } from "../../../base/options/index.ts";
import { Classifier } from "../../../imaging/classifier/index.ts";
import {
  type DensityClass,
  parseDensityClasses,
  relativeElectronDensity,
} from "../../../imaging/hounsfield/index.ts";
import { describeGrid, type Volume } from "../../../imaging/volume/index.ts";
import { writeVolume } from "../../node/index.ts";
import { type Context, DISCLAIMER } from "../command.ts";
import { assertChoiceUsed } from "../io/choice.ts";
import { assertOneGrid, maskNotes, readCt, readMask, readOptions } from "../io/inputs.ts";
import { checkOutputVolume } from "../io/outputs.ts";
import { isFile } from "../io/paths.ts";
import { checkPictures, picturesMade, writePictures } from "../io/pictures.ts";
import { setupOf } from "../io/setup.ts";
import { ctWarnings, sayWarnings } from "../io/warnings.ts";
import type { ClassifyOptions } from "./classify-options.ts";
import { sayDensity } from "./density.ts";
import { densityTable } from "./more-measures.ts";

/** `classify --kind density`. */
export async function classifyDensity(
  input: string,
  out: string,
  options: ClassifyOptions,
  context: Context,
): Promise<void> {
  const { output, signal } = context;
  const { formats } = (await setupOf(options)).registry;
  await checkOutputVolume(out, [input], formats);
  if (options.red !== undefined) await checkOutputVolume(options.red, [input, out], formats);
  await checkPictures(options, [input, out]);
  const classifier = Classifier.density({
    ...(options.classes === undefined ? {} : { classes: await classesOf(options.classes) }),
    ...(options.minMl === undefined
      ? {}
      : { minMl: valueKinds.number({ min: 0 }).read(options.minMl, "--min-ml") }),
  });
  const red = await densityTable(options.table, "--table");
  const read = readOptions(options, formats, { output, signal });
  const ct = await readCt(input, read);
  const mask = await readMask(options.mask, ct, read);
  assertChoiceUsed(read, ct, mask);
  assertOneGrid([
    [input, ct],
    [options.mask ?? "", mask],
  ]);
  const warnings = sayWarnings(output, ctWarnings([input, ct]));
  const { labels, table } = await classifier.classify(ct, { mask, signal });
  await writeVolume(out, labels, { formats, signal });
  if (options.red !== undefined)
    await writeVolume(options.red, await relativeElectronDensity(ct, { table: red, signal }), {
      formats,
      signal,
    });
  const maskRule = mask ? "voxels inside the given mask (above 0)" : "no mask given: all voxels";
  const classes = { volume: labels, names: labelNames(classifier.classes) };
  await writePictures(
    options,
    {
      title: "midash classify",
      shown: { id: basename(input), ...(isSynthetic(ct) ? { sct: ct } : { ct }), classes },
      facts: {
        [isSynthetic(ct) ? "Synthetic CT" : "CT"]: input,
        Grid: describeGrid(ct),
        Counted: maskRule,
      },
      tables: [
        {
          title: "Density classes",
          head: ["Class", "mL", "Mean HU", "SD"],
          rows: table.map(({ name, mL, meanHU, sdHU }) => [
            name,
            mL.toFixed(1),
            meanHU?.toFixed(0) ?? "-",
            sdHU?.toFixed(0) ?? "-",
          ]),
        },
      ],
      warnings,
    },
    context,
  );
  output.say(`${out}: density classes${ct.simulated ? " of a simulated image" : ""}; counted: ${maskRule}`);
  for (const note of maskNotes([[options.mask, mask]])) output.say(note);
  sayDensity(output, table);
  const removed = table.reduce((sum, row) => sum + row.removed, 0);
  if (removed > 0) output.say(`${removed} voxels in parts below ${classifier.minMl} mL are left out.`);
  if (options.red !== undefined)
    output.say(`${options.red}: relative electron density by table ${red?.name ?? "matrad"}`);
  output.say(DISCLAIMER);
  output.result({
    command: "classify",
    kind: "density",
    simulated: ct.simulated,
    input,
    output: out,
    maskRule,
    minMl: classifier.minMl,
    ...(warnings.length > 0 ? { warnings } : {}),
    ...(options.red === undefined ? {} : { red: options.red, redTable: red?.name ?? "matrad" }),
    ...picturesMade(options),
    table,
  });
}

/** Names by label. */
function labelNames(classes: readonly DensityClass[]): readonly string[] {
  const names = ["outside"];
  for (const { name, label } of classes) names[label] = name;
  return Array.from(names, (name) => name ?? "unused");
}

function isSynthetic({ trainedOn, meta }: Volume): boolean {
  return trainedOn !== undefined || meta.synthetic === true;
}

/** Classes as text, or of a file of that name. */
async function classesOf(given: string): Promise<DensityClass[]> {
  const file = await isFile(given);
  return parseDensityClasses(file ? await readFile(given, "utf8") : given, file ? given : "--classes");
}
