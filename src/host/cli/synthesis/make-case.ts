import { join } from "node:path";
import { assert } from "../../../base/errors/index.ts";
import type { VolumeFormat } from "../../../imaging/formats/index.ts";
import type { Volume } from "../../../imaging/volume/index.ts";
import { caseInputs, type FoundCase, type SctMaker } from "../../node/index.ts";
import type { Context } from "../command.ts";
import { ctTarget } from "../io/ct-target.ts";
import { assertOneGrid, readMask, readMr, readOptions } from "../io/inputs.ts";
import { isFolder } from "../io/paths.ts";
import type { CaseRecord } from "./case-folder.ts";
import type { AskedOptions } from "./options.ts";
import { writeMade } from "./write-made.ts";

/** One case of a cohort: reads, makes, writes into `folder`. */
export async function makeCase(
  found: FoundCase,
  folder: string,
  settings: object,
  how: {
    readonly maker: SctMaker;
    readonly options: AskedOptions;
    readonly formats: readonly VolumeFormat[];
    readonly context: Context;
    readonly onProgress: (share: number) => void;
  },
): Promise<CaseRecord> {
  const { maker, options, formats, context } = how;
  const { signal } = context;
  const { id } = found;
  const files = caseInputs(found, maker);
  const read = { ...readOptions(options, formats, context), say: undefined };
  const inputs: Record<string, Volume> = {};
  for (const [name, file] of files) inputs[name] = await readMr(file, read);
  const maskFile = options.mask === undefined ? undefined : found.files.get("mask");
  if (options.mask !== undefined)
    assert(maskFile !== undefined, "holds no mask of this case", {
      where: options.mask,
      hint: "add one, or leave --mask out",
    });
  const [[name, first]] = [...files] as [[string, string]];
  const mask = await readMask(maskFile, inputs[name]!, read);
  assertOneGrid([...[...files].map(([name, file]) => [file, inputs[name]] as const), [maskFile ?? "", mask]]);
  const series = options.format === undefined && (await isFolder(first));
  const out = join(folder, series ? "sct" : `sct.${(options.format ?? "nii.gz").replace(/^\./, "")}`);
  const target = await ctTarget(out, { ...options, format: undefined, mr: first, inputs: [] }, formats);
  const made = await maker.make(inputs, {
    name: first,
    mask,
    signal,
    onProgress: ({ done, total }) => how.onProgress(done / total),
  });
  const inCase = (name: string | undefined) => (name === undefined ? undefined : join(folder, name));
  const places = { out, target, report: inCase(options.report), png: inCase(options.png) };
  const shown = { maker, orientation: options.slices, formats };
  const written = await writeMade({ id, file: first }, inputs, made, places, shown, context);
  const names = [out, ...Object.values(written.maps), places.report, places.png];
  return {
    settings,
    ...written.facts,
    report: options.report,
    png: options.png,
    inputs: Object.fromEntries(files),
    warnings: written.warnings,
    files: names.flatMap((name) => (name === undefined ? [] : name.slice(folder.length + 1))),
  } as CaseRecord;
}
