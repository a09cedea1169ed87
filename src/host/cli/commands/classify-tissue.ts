import { basename } from "node:path";
import { assert } from "../../../base/errors/index.ts";
import { valueKinds } from "../../../base/options/index.ts";
import { Classifier, type TissueContrast, type TissueResult } from "../../../imaging/classifier/index.ts";
import { describeGrid, type Volume } from "../../../imaging/volume/index.ts";
import { writeVolume } from "../../node/index.ts";
import { type Context, DISCLAIMER } from "../command.ts";
import { assertChoiceUsed } from "../io/choice.ts";
import { assertOneGrid, maskNotes, readMask, readMr, readOptions } from "../io/inputs.ts";
import { trainingWords } from "../io/model-words.ts";
import type { Output } from "../io/output.ts";
import { checkOutputVolume } from "../io/outputs.ts";
import { checkPictures, picturesMade, writePictures } from "../io/pictures.ts";
import { setupOf } from "../io/setup.ts";
import { methodOf, methodText, withHead } from "./classify-brain.ts";
import type { ClassifyOptions } from "./classify-options.ts";

const CONTRAST = valueKinds.choice<TissueContrast>(["t1", "t2", "flair"]);

/** `classify --kind tissue`. */
export async function classifyTissue(
  input: string,
  out: string,
  options: ClassifyOptions,
  context: Context,
): Promise<void> {
  const { output, signal } = context;
  const { registry } = await setupOf(options);
  const { formats } = registry;
  const method = methodOf(options);
  const contrast = options.contrast === undefined ? undefined : CONTRAST.read(options.contrast, "--contrast");
  const others = furtherInputs(options.input, contrast);
  const pve = options.pve;
  const shares = (["csf", "gm", "wm"] as const).map((name) => [name, `${pve}_${name}.nii.gz`] as const);
  const inputs = [input, ...others.map(([, path]) => path)];
  for (const path of [out, ...(pve === undefined ? [] : shares.map(([, path]) => path))])
    await checkOutputVolume(path, inputs, formats);
  await checkPictures(options, [...inputs, out]);

  const read = readOptions(options, formats, { output, signal });
  const mr = await readMr(input, read);
  const channels: [TissueContrast, Volume][] = [];
  for (const [name, path] of others) channels.push([name, await readMr(path, read)]);
  const mask = await readMask(options.mask, mr, read);
  assertChoiceUsed(read, mr, mask, ...channels.map(([, volume]) => volume));
  assertOneGrid([
    [input, mr],
    ...others.map(([, path], n) => [path, channels[n]![1]] as const),
    [options.mask ?? "", mask],
  ]);

  const bar = output.progress("Classifying");
  const given = contrast === undefined ? mr : { ...Object.fromEntries(channels), [contrast]: mr };
  const { warnings, ...result } = await (method === "em"
    ? Classifier.tissue()
        .classify(given, { mask, signal, onProgress: (done) => bar.update(Math.round(100 * done), 100, "%") })
        .then((found) => ({ ...found, warnings: [] as readonly string[] }))
    : withHead(registry, options, (head) =>
        head.tissue(mr, {
          name: input,
          contrasts: contrast === undefined ? undefined : given,
          mask,
          signal,
          onProgress: ({ done, total }) => bar.update(done, total, "steps"),
        }),
      )
  ).finally(() => bar.stop());
  await writeVolume(out, result.labels, { formats, signal });
  if (pve !== undefined)
    for (const [name, path] of shares) await writeVolume(path, result.pve[name], { formats, signal });
  await writePictures(
    options,
    {
      title: "midash classify",
      shown: {
        id: basename(input),
        mr,
        classes: { volume: result.labels, names: ["outside", ...result.table.map(({ name }) => name)] },
      },
      facts: {
        MR: input,
        Grid: describeGrid(mr),
        Method: methodText(method, result.labels),
        Shows: result.contrasts.join(", "),
      },
      tables: [
        {
          title: "Brain tissue",
          head: ["Class", "mL", "mL by share"],
          rows: result.table.map(({ name, mL, pveMl }) => [name, mL.toFixed(1), pveMl.toFixed(1)]),
        },
      ],
      warnings,
    },
    context,
  );
  say(output, out, mr, result);
  for (const note of maskNotes([[options.mask, mask]])) output.say(note);
  for (const words of trainingWords(result.labels.trainedOn)) output.say(words);
  for (const warning of warnings) output.say(`Warning: ${warning}`);
  const { contrasts, detected, maskRule, rounds, table } = result;
  output.result({
    command: "classify",
    kind: "tissue",
    method,
    warnings,
    simulated: mr.simulated,
    trainedOn: result.labels.trainedOn,
    input,
    output: out,
    contrasts,
    detected,
    maskRule,
    rounds,
    ...picturesMade(options),
    ...(pve === undefined ? {} : { pve: Object.fromEntries(shares) }),
    table,
  });
}

/** `--input t2=FILE`, beside a first input whose contrast is named. */
function furtherInputs(
  given: readonly string[] | undefined,
  contrast: TissueContrast | undefined,
): readonly (readonly [TissueContrast, string])[] {
  const others = (given ?? []).map((text) => {
    const at = text.indexOf("=");
    assert(at > 0 && at < text.length - 1, `must be NAME=FILE, got "${text}"`, { where: "--input" });
    return [CONTRAST.read(text.slice(0, at), "--input"), text.slice(at + 1)] as const;
  });
  if (others.length === 0) return others;
  assert(contrast !== undefined, "is needed beside --input", {
    where: "--contrast",
    hint: "say what <in> shows",
  });
  const names = [contrast, ...others.map(([name]) => name)];
  assert(new Set(names).size === names.length, "a contrast is given twice", { where: "--input" });
  return others;
}

function say(
  output: Output,
  out: string,
  mr: Volume,
  { contrasts, detected, maskRule, table }: TissueResult,
): void {
  const rule = maskRule === "given" ? "the given mask (above 0)" : "the brain as found in the image";
  const shows = `${contrasts.join(", ")}${detected ? " (read off the image; --contrast says otherwise)" : ""}`;
  output.say(
    `${out}: brain tissue${mr.simulated ? " of a simulated image" : ""} from ${shows}; counted: ${rule}`,
  );
  output.table(
    ["class", "label", "mL", "mL by share", "of the brain", ...contrasts.map((name) => `mean ${name}`)],
    table.map((row) => [
      row.name,
      String(row.label),
      row.mL.toFixed(1),
      row.pveMl.toFixed(1),
      `${(100 * row.fraction).toFixed(1)} %`,
      ...contrasts.map((name) => row.mean[name]!.toFixed(0)),
    ]),
  );
  output.say(DISCLAIMER);
}
