import { basename, join, resolve } from "node:path";
import { assert, fail } from "../../base/errors/index.ts";
import type { VolumeFormat } from "../../imaging/formats/index.ts";
import {
  type Case,
  Dataset,
  isNamed,
  type LeftOutCase,
  type RandomHeadsOptions,
  randomHeadsDataset,
  type SplitNames,
  type SplitShares,
  slabDataset,
  USUAL_INPUTS,
} from "../../road/data/index.ts";
import {
  byName,
  type CaseFiles,
  dicomFolders,
  endings,
  fileCase,
  INPUT_FILES,
  usualInputs,
  volumesAmong,
} from "./case-folder.ts";
import {
  type DatasetLayout,
  type FilePatterns,
  type Found,
  type FoundCase,
  LAYOUTS,
  type Place,
  patternLayout,
  placeOf,
  some,
} from "./layouts/index.ts";
import { readSplit } from "./split-file.ts";
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
  /** Where the files lie, by what they are, in place of a layout: `{ mr: "<id>/T1.nii.gz", ct: "<id>/CT.nii.gz" }`, see {@link FilePatterns}. */
  readonly pattern?: FilePatterns;
  /** Of a table: its columns by what they are, `{ ct: "planning_ct", id: "patient_no" }`, where they are not called so. Default: none. */
  readonly columns?: Readonly<Record<string, string>>;
  /**
   * Shares of the patients; or names of cases or patients by part; or a file that says so: a CSV with columns `id` and `split`, or JSON; or the folder of
   * a run, whose split it is then. Not of a `pair`; of `labels` names alone. Default: what a table's column `split` says, else 0.8, 0.1, 0.1, of each centre too where a table, a pattern or an id
   * of SynthRAD says it; of `labels` all are trained on.
   */
  readonly split?: SplitShares | SplitNames | string;
  /** Decides which patient goes where. Default 0. */
  readonly seed?: number;
  /** Voxels along R, A, S and their size in mm of the heads made of `labels`, and shares of those with what is rare. Default: 136×168×168 of 1.5 mm and `RARE_CASES`. */
  readonly heads?: Pick<RandomHeadsOptions, "shape" | "spacing" | "rare">;
  /** Slabs of a `pair`: slices in a slab, default 6; every n-th is tested, default 5. */
  readonly slab?: { readonly size?: number; readonly every?: number };
  /** Names of the inputs, in channel order. Default: those of mr, t1, t2, flair, pd, cbct that are there, or what the layout names. */
  readonly inputs?: readonly string[];
  /** Of the inputs, those that a case may lack. Default: none. */
  readonly optional?: readonly string[];
  /** Leave cases out that lack a file, and say so in `leftOut`. Default false: they are refused, each with what it lacks. */
  readonly skipIncomplete?: boolean;
  /** Leave patients out whose cases the split puts in two parts, and say so in `leftOut`. Default false: they are refused. */
  readonly skipTorn?: boolean;
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
 * name (t1, t2, flair, pd). CT are taken to be in HU. Only names are read here (of a pair its first input, of DICOM exports a file
 * a series, to see what it is); volumes are read from disk when they are needed, and their grids are checked then.
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
  const { heads, skipTorn } = options;
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
  assert(place.table || options.columns === undefined, "is for a table", {
    where: { call: "openDataset", option: "columns" },
    hint: "leave it out, or give the table",
  });
  const own = await pairFiles(place, formats);
  const name = basename(resolve(path)).replace(/\.(csv|tsv|json)$/i, "");
  if (layout === "labels") return labelMaps(path, own, options, await splitOf(split));
  assert(heads === undefined, "is for label maps only", {
    where: { call: "openDataset", option: "heads" },
    hint: [["leave it out"], ["set ", { option: "layout" }, ' to "labels"']],
  });
  if (layout === "pair" || (layout === "auto" && !options.pattern && own.has("ct"))) {
    assert(split === undefined, "a pair is split by slabs", {
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
    return slabDataset(pair, { ...slab, name });
  }
  assert(slab === undefined, "slabs split a single pair, not a folder of cases", {
    where: path,
    hint: [
      ["leave out ", { option: "slab" }],
      ["set ", { option: "layout" }, ' to "pair"'],
    ],
  });
  const { cases, own: column, ...facts } = await casesIn(place, options);
  return Dataset.fromCases(cases, {
    name,
    split: (await splitOf(split)) ?? column,
    seed,
    skipTorn,
    ...facts,
  });
}

/** What a file says, or what was given. */
async function splitOf(
  split: OpenDatasetOptions["split"],
): Promise<Exclude<OpenDatasetOptions["split"], string>> {
  return typeof split === "string" ? readSplit(split) : split;
}

/** Every volume in the folder is a label map. */
function labelMaps(
  path: string,
  files: CaseFiles,
  { seed, formats, slab, heads }: OpenDatasetOptions,
  split: SplitShares | SplitNames | undefined,
): Dataset {
  const where = { call: "openDataset", option: "split" };
  assert(slab === undefined, "is not for label maps; their parts are named", {
    where: { ...where, option: "slab" },
    hint: [["name them by ", { option: "split" }]],
  });
  if (split && !isNamed(split))
    fail("invalid-argument", "label maps are split by names, not by shares", {
      where,
      hint: 'e.g. { validation: ["head_1"], test: ["head_2"] }, on a command line "validation=head_1 test=head_2"',
    });
  assert(files.size > 0, `no label map here ${endings(formats)}`, { where: path, hint: "check the path" });
  const maps = [...files].map(([name, file]) => [
    name,
    { load: (signal?: AbortSignal) => readVolume(file, { signal, formats }) },
  ]);
  return randomHeadsDataset(Object.fromEntries(maps), { ...heads, split, seed });
}

/** Files, and folders of DICOM files, of the one pair that a folder may be. */
async function pairFiles(
  { path, files, folders }: Place,
  formats: OpenDatasetOptions["formats"],
): Promise<CaseFiles> {
  const named = folders.filter((name) => ["ct", "mask", ...USUAL_INPUTS].includes(name.toLowerCase()));
  return byName(path, [...volumesAmong(path, files, formats), ...(await dicomFolders(path, named))]);
}

/** What is known of the cases before any is read. */
interface Cases {
  readonly cases: readonly Case[];
  readonly leftOut: readonly LeftOutCase[];
  readonly unused: readonly string[];
  /** The dataset's own split. */
  readonly own: SplitNames | undefined;
}

/** The cases that a layout finds, or the first of all that finds any. */
async function casesIn(place: Place, options: OpenDatasetOptions): Promise<Cases> {
  const { inputs, optional = [], labels = [], structure, formats, layout = "auto", pattern } = options;
  const tried = layout === "auto" ? LAYOUTS : LAYOUTS.filter((one) => one.name === layout);
  const own = pattern ? patternLayout(pattern) : typeof layout === "object" ? layout : undefined;
  assert(!pattern || layout === "auto", "patterns say how the files lie", {
    where: { call: "openDataset", option: "layout" },
    hint: [["leave out ", { option: "layout" }, " or ", { option: "pattern" }]],
  });
  const { cases: found, unused = [] } = await firstCases(place, own ? [own] : tried, options);
  // All that any case has: each must have those that are not optional.
  const all = new Set(found.flatMap((one) => one.inputs));
  const names = inputs ?? [...USUAL_INPUTS.filter((name) => all.delete(name)), ...all];
  const wanted = [...names.filter((name) => !optional.includes(name)), "ct", ...labels];
  const lacks = ({ files, inputs: its }: FoundCase) => [
    ...wanted.filter((name) => !files.has(name)),
    ...(inputs || its.length > 0 || wanted.length > 1 + labels.length ? [] : ["an input"]),
  ];
  const whole = found.filter((one) => lacks(one).length === 0);
  const incomplete = found.filter((one) => !whole.includes(one));
  if (incomplete.length > 0) assertMaySkip(incomplete, whole.length, { place, options, lacks, names });
  const cases = whole.map(({ id, patient, centre = synthradCentre(id), where, files }) => ({
    ...fileCase(id, where, files, { inputs: names, optional, labels, structure, formats }),
    ...(patient === undefined ? {} : { patient }),
    ...(centre === undefined ? {} : { centre }),
  }));
  const part = (wanted: string) => whole.flatMap((one) => (one.part === wanted ? [one.id] : []));
  return {
    cases,
    leftOut: incomplete.map((one) => ({
      id: one.id,
      ...(one.patient === undefined ? {} : { patient: one.patient }),
      why: `lacks ${lacks(one).join(", ")}`,
    })),
    unused,
    own: whole.some((one) => one.part !== undefined)
      ? { train: part("train"), validation: part("validation"), test: part("test") }
      : undefined,
  };
}

/** The centre in an id as SynthRAD2023 and 2025 write them: task, region, centre, number: A of 1BA001, C of 1HNC012. */
function synthradCentre(id: string): string | undefined {
  return /^[12](?:B|P|HN|TH|AB)([A-F])\d{3}$/.exec(id)?.[1];
}

/** @throws MidashError `invalid-argument` naming the cases that lack files, unless they may be left out and others are whole */
function assertMaySkip(
  incomplete: readonly FoundCase[],
  whole: number,
  about: {
    readonly place: Place;
    readonly options: OpenDatasetOptions;
    readonly names: readonly string[];
    lacks(one: FoundCase): readonly string[];
  },
): void {
  const { place, options, lacks, names } = about;
  const list = incomplete.map((one) => `${one.id} (${lacks(one).join(", ")})`);
  const there = [...new Set(incomplete.flatMap(({ files }) => [...files.keys()]))];
  if (whole === 0)
    fail(
      "not-found",
      `all ${incomplete.length} cases lack files: ${some(list)}; there are ${some(there, 12)}`,
      {
        where: place.path,
        hint: [["choose ", { option: "inputs" }, " that the cases have"], "add the files"],
      },
    );
  assert(
    options.skipIncomplete,
    `${incomplete.length} of ${incomplete.length + whole} cases lack files: ${some(list, 8)}`,
    {
      where: place.path,
      hint: [
        "add the files",
        ["set ", { option: "skipIncomplete" }, " to leave these cases out"],
        ...(names.length > 1 ? ([["choose ", { option: "inputs" }, " that all cases have"]] as const) : []),
      ],
    },
  );
}

async function firstCases(
  place: Place,
  layouts: readonly DatasetLayout[],
  options: OpenDatasetOptions,
): Promise<Found> {
  const near: string[] = [];
  for (const layout of layouts) {
    const found = await layout.find(place, options);
    const { cases, near: reason } = found;
    // What lacks all CTs is reported as such only where nothing else finds cases.
    if (cases.some(({ files }) => files.has("ct"))) return found;
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
    { where: path, hint: [...tablesIn(place), ...(await deeper(place, options))] },
  );
}

/** A folder may hold the table that says where its cases lie. */
function tablesIn({ path, files }: Place): readonly string[] {
  const [first, ...more] = files.filter((name) => /\.(csv|tsv)$/i.test(name));
  if (first === undefined) return [];
  if (more.length === 0) return [`there is a table: give ${join(path, first)} if its rows are cases`];
  return [`there are tables: give the one whose rows are cases, e.g. ${join(path, first)}`];
}

/** Where the dataset may be instead: SynthRAD packs `Task1/brain/<case>`, and users give `Task1`. */
async function deeper({ path, folders }: Place, options: OpenDatasetOptions): Promise<readonly string[]> {
  for (const folder of folders.slice(0, 10)) {
    const inside = join(path, folder);
    const place = await placeOf(inside);
    for (const layout of LAYOUTS.filter(({ name }) => name !== "dicom")) {
      const { cases } = await layout.find(place, options).catch(() => ({ cases: [] }));
      if (cases.some(({ files }) => files.has("ct"))) return [`cases are one folder deeper: give ${inside}`];
    }
  }
  return ["check the path"];
}
