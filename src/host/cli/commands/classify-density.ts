import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { MidashError } from "../../../base/errors/index.ts";
import { valueKinds } from "../../../base/options/index.ts";
import { BODY_OF_CT } from "../../../evaluation/metrics/index.ts";
import { Classifier } from "../../../imaging/classifier/index.ts";
import {
  type DensityClass,
  parseDensityClasses,
  relativeElectronDensity,
} from "../../../imaging/hounsfield/index.ts";
import { bodyMask, describeGrid, type Volume } from "../../../imaging/volume/index.ts";
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
  const everywhere = options.mask === EVERYWHERE;
  const given = everywhere ? undefined : await readMask(options.mask, ct, read);
  assertChoiceUsed(read, ct, given);
  assertOneGrid([
    [input, ct],
    [options.mask ?? "", given],
  ]);
  const mask = everywhere ? undefined : (given ?? bodyOf(ct, input));
  const warnings = sayWarnings(output, ctWarnings([input, ct]));
  const { labels, table } = await classifier.classify(ct, { mask, signal });
  await writeVolume(out, labels, { formats, signal });
  const density = options.red === undefined ? undefined : await writeRed(options.red);
  const maskRule = everywhere
    ? "all voxels"
    : given
      ? "voxels inside the given mask (above 0)"
      : `${BODY_OF_CT} (--mask ${EVERYWHERE}: all voxels)`;
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
  for (const note of maskNotes([[options.mask, given]])) output.say(note);
  sayDensity(output, table);
  const removed = table.reduce((sum, row) => sum + row.removed, 0);
  if (removed > 0) output.say(`${removed} voxels in parts below ${classifier.minMl} mL are left out.`);
  if (density) output.say(`${density.file}: ${density.quantity}, by table ${density.table}`);
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
    ...(density ? { red: density } : {}),
    ...picturesMade(options),
    table,
  });

  async function writeRed(file: string) {
    const volume = await relativeElectronDensity(ct, { table: red, signal });
    await writeVolume(file, volume, { formats, signal });
    const { quantity, table } = volume.meta as Readonly<Record<"quantity" | "table", string>>;
    return { file, quantity, table };
  }
}

/** What `--mask` says to count all voxels. */
const EVERYWHERE = "none";

/** As evaluate finds it. */
function bodyOf(ct: Volume, input: string): Volume {
  try {
    return bodyMask(ct);
  } catch (cause) {
    if (!MidashError.is(cause)) throw cause;
    throw new MidashError(cause.kind, cause.what, {
      where: input,
      hint: `give a mask, or --mask ${EVERYWHERE} to count all voxels`,
      cause,
    });
  }
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
