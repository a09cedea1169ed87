import { basename, join, resolve } from "node:path";
import { assert, fail } from "../../base/errors/index.ts";
import type { VolumeFormat } from "../../imaging/formats/index.ts";
import type { ImageOrigin } from "../../imaging/volume/index.ts";
import {
  type Case,
  Dataset,
  type RandomHeadsOptions,
  randomHeadsDataset,
  type SplitShares,
  slabDataset,
} from "../../road/data/index.ts";
import {
  byName,
  type CaseFiles,
  dicomFolders,
  endings,
  fileCase,
  INPUT_FILES,
  USUAL_INPUTS,
  usualInputs,
  volumesAmong,
} from "./case-folder.ts";
import { type DatasetLayout, type FoundCase, LAYOUTS, type Place, placeOf, some } from "./layouts/index.ts";
import { readVolume } from "./volumes.ts";

/** Options of {@link openDataset}. */
export interface OpenDatasetOptions {
  /**
   * How the files lie. `synthrad`: a folder of case folders. `flat`: `<id>_mr` and `<id>_ct` in one folder. `nnunet`: imagesTr, and targetsTr or
   * labelsTr. `bids`: a tree of subjects. `dicom`: a folder a case with a folder a series. `table`: a CSV, TSV or JSON of paths. `pair`:
   * the folder is one case, split by slabs of axial slices. `labels`: the folder holds label maps of whole heads, of which random heads are
   * made. Default `auto`: `pair` when the folder itself holds a CT, else the first of the others that finds cases; never `labels`.
   * An object is a layout of your own.
   */
  readonly layout?: "auto" | "pair" | "labels" | DatasetLayout["name"] | DatasetLayout;
  /** Shares of the patients, of all layouts but `pair` and `labels`. Default 0.8, 0.1, 0.1. */
  readonly split?: SplitShares;
  /** Decides which patient goes where. Default 0. */
  readonly seed?: number;
  /** Names of the `labels` for validation, files without extension. Default: none. */
  readonly validationCases?: readonly string[];
  /** ... and for the test. Default: none. */
  readonly testCases?: readonly string[];
  /** Voxels along R, A, S and their size in mm of the heads made of `labels`. Default: 136×168×168 of 1.5 mm. */
  readonly heads?: Pick<RandomHeadsOptions, "shape" | "spacing">;
  /** Slabs of a `pair`: slices in a slab, default 6; every n-th is tested, default 5. */
  readonly slab?: { readonly size?: number; readonly every?: number };
  /** Names of the inputs, in channel order. Default: those of mr, t1, t2, flair, pd, cbct that are there, or what the layout names. */
  readonly inputs?: readonly string[];
  /** Of the inputs, those that a case may lack. Default: none. */
  readonly optional?: readonly string[];
  /** Names of label files without extension (`tissue`), which become targets beside the CT. Default: none. */
  readonly labels?: readonly string[];
  /** Name or number of the structure, where masks are RTSTRUCT or SEG files that hold several. */
  readonly structure?: string;
  /** Formats of the files, known by their extensions. Default: `volumeFormats` and DICOM. */
  readonly formats?: readonly VolumeFormat[];
}

/**
 * Opens a dataset on disk, laid out as SynthRAD (`<case>/{mr,ct,mask}.nii.gz`, as in `Task1/brain`; `.mha` since 2025; CBCT for task 2), as
 * nnU-Net, BIDS, flat, by a table, as DICOM exports, or one pair (`{mr,ct,mask}.nii.gz`): see {@link OpenDatasetOptions.layout}. Files may
 * have any extension of `formats`, and may be folders of DICOM files; the mask is optional, and may be an RTSTRUCT or SEG; several MR are inputs by
 * name (t1, t2, flair, pd). CT are taken to be in HU. Only names are read here and one CT; volumes stream from disk later, and their
 * grids are checked then.
 *
 * @example
 * const dataset = await openDataset("Task1/brain", { split: { train: 0.8, validation: 0.1, test: 0.1 }, seed: 7 });
 *
 * @throws MidashError `not-found` (the path, or what the layout asks for), `invalid-argument` (too few patients,
 *   options of the other layout), or what `readVolume` throws
 */
export async function openDataset(path: string, options: OpenDatasetOptions = {}): Promise<Dataset> {
  assert(typeof path === "string" && path !== "", "path must be a non-empty string", {
    where: { call: "openDataset" },
  });
  const { layout = "auto", split, seed, slab, inputs, optional, labels, structure, formats } = options;
  const { validationCases, testCases, heads } = options;
  const names = ["auto", "pair", "labels", ...LAYOUTS.map((one) => one.name)];
  assert(typeof layout === "object" || names.includes(layout), `unknown layout "${String(layout)}"`, {
    where: { call: "openDataset" },
    hint: `layouts are ${names.join(", ")}`,
  });
  assert(
    inputs === undefined || (inputs.length > 0 && new Set(inputs).size === inputs.length),
    "inputs must name at least one MR, each once",
    { where: { call: "openDataset" } },
  );
  const place = await placeOf(path);
  const own = await pairFiles(place, formats);
  const name = basename(resolve(path)).replace(/\.(csv|tsv|json)$/i, "");
  if (layout === "labels") return labelMaps(path, own, options);
  for (const [option, value] of Object.entries({ validationCases, testCases, heads }))
    assert(value === undefined, "is for label maps only; patients are divided by shares", {
      where: { call: "openDataset", option },
      hint: [["leave it out"], ["set ", { option: "layout" }, ' to "labels"']],
    });
  if (layout === "pair" || (layout === "auto" && own.has("ct"))) {
    assert(split === undefined, "a pair is split by slabs, not by shares", {
      where: path,
      hint: [
        ["leave out ", { option: "split" }],
        ["set ", { option: "slab" }],
      ],
    });
    const found = inputs ?? usualInputs(own);
    if (!own.has("ct") || found.length === 0)
      return fail("not-found", `no pair here: looked for ct and ${INPUT_FILES} ${endings(formats)}`, {
        where: path,
        hint: "check the path",
      });
    const pair = fileCase(name, path, own, { inputs: found, optional, labels, structure, formats });
    const dataset = await slabDataset(pair, { ...slab, name });
    return new Dataset(dataset, { name, origin: await originOf(pair) });
  }
  assert(slab === undefined, "slabs split a single pair, not a folder of cases", {
    where: path,
    hint: [
      ["leave out ", { option: "slab" }],
      ["set ", { option: "layout" }, ' to "pair"'],
    ],
  });
  const cases = await casesIn(place, options);
  return Dataset.fromCases(cases, { name, split, seed, origin: await originOf(cases[0]!) });
}

/** Every volume in the folder is a label map. */
function labelMaps(
  path: string,
  files: CaseFiles,
  { validationCases, testCases, heads, seed, formats, split, slab }: OpenDatasetOptions,
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
    ...heads,
    validation: validationCases,
    test: testCases,
    seed,
  });
}

/** Files, and folders of DICOM files, of the one pair that a folder may be. */
async function pairFiles(
  { path, files, folders }: Place,
  formats: OpenDatasetOptions["formats"],
): Promise<CaseFiles> {
  const named = folders.filter((name) => ["ct", "mask", ...USUAL_INPUTS].includes(name.toLowerCase()));
  return byName(path, [...volumesAmong(path, files, formats), ...(await dicomFolders(path, named))]);
}

/** The cases that a layout finds, or the first of all that finds any. */
async function casesIn(place: Place, options: OpenDatasetOptions): Promise<Case[]> {
  const { inputs, optional, labels, structure, formats, layout = "auto" } = options;
  const tried = layout === "auto" ? LAYOUTS : LAYOUTS.filter((one) => one.name === layout);
  const found = await firstCases(place, typeof layout === "object" ? [layout] : tried, options);
  const first = found[0]!;
  // All that any case has: each must have those that are not optional.
  const all = new Set(found.flatMap((one) => one.inputs));
  const names = inputs ?? [...USUAL_INPUTS.filter((name) => all.delete(name)), ...all];
  const needed = (of: readonly string[]) =>
    names.filter((name) => of.includes(name) && !optional?.includes(name)).join(", ");
  for (const other of found) {
    assert(other.inputs.length > 0 || inputs, `holds a CT but no ${INPUT_FILES}`, {
      where: other.where,
      hint: "add the MR, or move the folder away",
    });
    assert(
      inputs || needed(other.inputs) === needed(first.inputs),
      `its inputs are ${needed(other.inputs)}, those of ${first.id} are ${needed(first.inputs)}`,
      { where: other.where, hint: [["choose ", { option: "inputs" }, " that all cases have"]] },
    );
  }
  return found.map(({ id, patient, where, files }) => ({
    ...fileCase(id, where, files, { inputs: names, optional, labels, structure, formats }),
    ...(patient === undefined ? {} : { patient }),
  }));
}

async function firstCases(
  place: Place,
  layouts: readonly DatasetLayout[],
  options: OpenDatasetOptions,
): Promise<readonly FoundCase[]> {
  const near: string[] = [];
  for (const layout of layouts) {
    const { cases, near: reason } = await layout.find(place, options);
    // What lacks all CTs is reported as such only where nothing else finds cases.
    if (cases.some(({ files }) => files.has("ct"))) return cases;
    if (cases.length > 0)
      near.push(`${layout.name} (${layout.pattern}): ${cases.length} cases, none has a CT`);
    else if (reason) near.push(`${layout.name} (${layout.pattern}): ${reason}`);
  }
  const { path, files, folders, table } = place;
  const count = (what: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`${names.length} ${what}${names.length === 1 ? "" : "s"} (${some(names)})`];
  const there = [...count("folder", folders), ...count("file", files)];
  const patterns = [
    ...(options.layout === undefined || options.layout === "auto" ? [`pair: ct and ${INPUT_FILES}`] : []),
    ...layouts.filter((one) => table || one.name !== "table").map((one) => `${one.name}: ${one.pattern}`),
  ];
  return fail(
    "not-found",
    `no dataset here: found ${table ? "a table" : there.join(" and ") || "nothing"}; ` +
      (near.length > 0 ? `nearest layout: ${near[0]}` : `looked for ${patterns.join("; ")}`),
    { where: path, hint: await deeper(place, options) },
  );
}

/** Where the dataset may be instead: SynthRAD packs `Task1/brain/<case>`, and users give `Task1`. */
async function deeper({ path, folders }: Place, options: OpenDatasetOptions): Promise<string> {
  for (const folder of folders.slice(0, 10)) {
    const inside = join(path, folder);
    const place = await placeOf(inside);
    for (const layout of LAYOUTS.filter(({ name }) => name !== "dicom")) {
      const { cases } = await layout.find(place, options).catch(() => ({ cases: [] }));
      if (cases.some(({ files }) => files.has("ct"))) return `cases are one folder deeper: give ${inside}`;
    }
  }
  return "check the path";
}

/** As the first CT says, in which this library leaves a mark. What simulated it the file does not say, so less is taken for granted. */
async function originOf(source: Case): Promise<ImageOrigin> {
  return (await source.targets?.ct?.load())?.simulated ? "phantoms" : "patients";
}
