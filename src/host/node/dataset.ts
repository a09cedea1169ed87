import { basename, join, resolve } from "node:path";
import { assert, fail } from "../../base/errors/index.ts";
import type { VolumeFormat } from "../../imaging/formats/index.ts";
import {
  type Case,
  Dataset,
  randomHeadsDataset,
  type SplitShares,
  slabDataset,
} from "../../road/data/index.ts";
import {
  type CaseFiles,
  caseFiles,
  endings,
  entriesOf,
  fileCase,
  INPUT_FILES,
  usualInputs,
} from "./case-folder.ts";
import { readVolume } from "./volumes.ts";

/** Options of {@link openDataset}. */
export interface OpenDatasetOptions {
  /**
   * `synthrad`: a folder of case folders. `pair`: the folder is one case, split by slabs of axial slices. Default
   * `auto`: `pair` when the folder itself holds a CT, else `synthrad`. `labels`: the folder holds label maps of whole heads, of which
   * random heads are made.
   */
  readonly layout?: "auto" | "synthrad" | "pair" | "labels";
  /** Shares of the patients of a `synthrad` layout. Default 0.8, 0.1, 0.1. */
  readonly split?: SplitShares;
  /** Decides which patient goes where. Default 0. */
  readonly seed?: number;
  /** Names of the `labels` for validation, files without extension. Default: none. */
  readonly validationCases?: readonly string[];
  /** ... and for the test. Default: none. */
  readonly testCases?: readonly string[];
  /** Slabs of a `pair`: slices in a slab, default 6; every n-th is tested, default 5. */
  readonly slab?: { readonly size?: number; readonly every?: number };
  /** Names of the MR files without extension, in channel order. Default: those of mr, t1, t2, flair, pd that are there. */
  readonly inputs?: readonly string[];
  /** Of the inputs, those that a case may lack. Default: none. */
  readonly optional?: readonly string[];
  /** Names of label files without extension (`tissue`), which become targets beside the CT. Default: none. */
  readonly labels?: readonly string[];
  /** Formats of the files, known by their extensions. Default: `volumeFormats` and DICOM. */
  readonly formats?: readonly VolumeFormat[];
}

/**
 * Opens a dataset on disk: the SynthRAD layout (`<case>/{mr,ct,mask}.nii.gz`, as in `Task1/brain`; `.mha` since 2025) or one pair
 * (`{mr,ct,mask}.nii.gz`). Files may have any extension of `formats`; the mask is optional; several MR are inputs by name (t1, t2,
 * flair, pd). CT are taken to be in HU. Only names are read here and one CT; volumes stream from disk later, and their
 * grids are checked then.
 *
 * @example
 * const dataset = await openDataset("Task1/brain", { split: { train: 0.8, validation: 0.1, test: 0.1 }, seed: 7 });
 *
 * @throws MidashError `not-found` (the folder, or what the layout asks for), `invalid-argument` (too few patients,
 *   options of the other layout), or what `readVolume` throws
 */
export async function openDataset(path: string, options: OpenDatasetOptions = {}): Promise<Dataset> {
  assert(typeof path === "string" && path !== "", "path must be a non-empty string", {
    where: { call: "openDataset" },
  });
  const { layout = "auto", split, seed, slab, inputs, optional, labels, formats } = options;
  const { validationCases, testCases } = options;
  assert(["auto", "synthrad", "pair", "labels"].includes(layout), `unknown layout "${layout}"`, {
    where: { call: "openDataset" },
    hint: "layouts are auto, synthrad, pair, labels",
  });
  assert(
    inputs === undefined || (inputs.length > 0 && new Set(inputs).size === inputs.length),
    "inputs must name at least one MR, each once",
    { where: { call: "openDataset" } },
  );
  const { files, folders } = await entriesOf(path);
  const own = caseFiles(path, files, formats);
  const name = basename(resolve(path));
  if (layout === "labels") return labelMaps(path, own, options);
  for (const [option, value] of Object.entries({ validationCases, testCases }))
    assert(value === undefined, "is for label maps only; patients are divided by shares", {
      where: { call: "openDataset", option },
      hint: [["leave it out"], ["set ", { option: "layout" }, ' to "labels"']],
    });
  const chosen = layout === "auto" ? (own.has("ct") ? "pair" : "synthrad") : layout;
  if (chosen === "pair") {
    assert(split === undefined, "a pair is split by slabs, not by shares", {
      where: path,
      hint: [
        ["leave out ", { option: "split" }],
        ["set ", { option: "slab" }],
      ],
    });
    const names = inputs ?? usualInputs(own);
    if (!own.has("ct") || names.length === 0)
      return fail("not-found", `no pair here: looked for ct and ${INPUT_FILES} ${endings(formats)}`, {
        where: path,
        hint: "check the path",
      });
    const pair = fileCase(name, path, own, { inputs: names, optional, labels, formats });
    const dataset = await slabDataset(pair, { ...slab, name });
    return new Dataset(dataset, { name, simulated: await isSimulated(pair) });
  }
  assert(slab === undefined, "slabs split a single pair, not a folder of cases", {
    where: path,
    hint: [
      ["leave out ", { option: "slab" }],
      ["set ", { option: "layout" }, ' to "pair"'],
    ],
  });
  const cases = await casesIn(path, folders, { inputs, optional, labels, layout, formats });
  return Dataset.fromCases(cases, { name, split, seed, simulated: await isSimulated(cases[0]!) });
}

/** Every volume in the folder is a label map. */
function labelMaps(
  path: string,
  files: CaseFiles,
  { validationCases, testCases, seed, formats, split, slab }: OpenDatasetOptions,
): Dataset {
  for (const [option, value] of Object.entries({ split, slab }))
    assert(value === undefined, "is not for label maps; their parts are named", {
      where: { call: "openDataset", option },
      hint: [["name them by ", { option: "validationCases" }, " and ", { option: "testCases" }]],
    });
  assert(files.size > 0, `no label map here ${endings(formats)}`, { where: path, hint: "check the path" });
  const maps = [...files].map(([name, file]) => [
    name,
    { load: (signal?: AbortSignal) => readVolume(file, { signal, formats }) },
  ]);
  return randomHeadsDataset(Object.fromEntries(maps), {
    validation: validationCases,
    test: testCases,
    seed,
  });
}

/** The case folders in `path`; those without any MR or CT (the `overview` of SynthRAD) are no cases. */
async function casesIn(
  path: string,
  folders: readonly string[],
  options: Pick<OpenDatasetOptions, "inputs" | "optional" | "labels" | "layout" | "formats">,
): Promise<Case[]> {
  const { inputs, optional, labels, layout, formats } = options;
  const found = [];
  for (const id of folders.filter((folder) => folder !== "overview")) {
    const folder = join(path, id);
    const files = caseFiles(folder, (await entriesOf(folder)).files, formats);
    const names = usualInputs(files);
    if (files.has("ct") || names.length > 0) found.push({ id, folder, files, names });
  }
  const first = found[0];
  if (!first) {
    const pair = layout === "auto" ? "ct (a pair), and for " : "";
    const among = `${folders.length} folder${folders.length === 1 ? "" : "s"}`;
    return fail(
      "not-found",
      `no dataset here: looked for ${pair}<case>/ct with <case>/${INPUT_FILES} ${endings(formats)} in ${among}`,
      { where: path, hint: await hint(path, folders, formats) },
    );
  }
  // All that any case has: each must have those that are not optional.
  const names = inputs ?? usualInputs(new Map(found.flatMap(({ files }) => [...files])));
  const needed = (of: readonly string[]) => of.filter((name) => !optional?.includes(name)).join(", ");
  for (const other of found) {
    assert(other.names.length > 0 || inputs, `holds a CT but no ${INPUT_FILES}`, {
      where: other.folder,
      hint: "add the MR, or move the folder away",
    });
    assert(
      inputs || needed(other.names) === needed(first.names),
      `its inputs are ${needed(other.names)}, those of ${first.id} are ${needed(first.names)}`,
      { where: other.folder, hint: [["choose ", { option: "inputs" }, " that all cases have"]] },
    );
  }
  return found.map(({ id, folder, files }) =>
    fileCase(id, folder, files, { inputs: names, optional, labels, formats }),
  );
}

/** Where the dataset may be instead: SynthRAD packs `Task1/brain/<case>`, and users give `Task1`. */
async function hint(
  path: string,
  folders: readonly string[],
  formats: OpenDatasetOptions["formats"],
): Promise<string> {
  for (const folder of folders.slice(0, 10)) {
    const inside = join(path, folder);
    for (const below of (await entriesOf(inside)).folders.slice(0, 3))
      if (caseFiles(below, (await entriesOf(join(inside, below))).files, formats).has("ct"))
        return `cases are one folder deeper: give ${inside}`;
  }
  return "check the path";
}

/** As the first CT says. NIfTI that this library wrote carries the mark. */
async function isSimulated(source: Case): Promise<boolean> {
  return (await source.targets?.ct?.load())?.simulated ?? false;
}
