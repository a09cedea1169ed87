import { assert, fail } from "../../base/errors/index.ts";
import type { CohortCase, CohortRole, CohortVolume } from "../../evaluation/cohort/index.ts";
import type { VolumeFormat } from "../../imaging/formats/index.ts";
import { takenForHu } from "../../imaging/hounsfield/index.ts";
import type { Volume } from "../../imaging/volume/index.ts";
import { casesInPart, type PartOptions } from "./case-part.ts";
import { volumesById } from "./cohort-folder.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { some as names, placeOf, tableCases } from "./layouts/index.ts";
import { maskPath, readMask } from "./masks.ts";
import { readVolume } from "./volumes.ts";

/** The folders of a cohort. Several may be the same one. */
export interface CohortFolders {
  /** Synthetic CTs: `<id>.ext`, `<id>_sct.ext`, `sct_<id>.ext` or `<id>/sct.ext`, of any format. */
  readonly predictions: string;
  /** CTs: `<id>.ext`, `<id>_ct.ext`, `ct_<id>.ext` or `<id>/ct.ext`, as SynthRAD packs them; or a table with columns `id` and `ct`. */
  readonly references: string;
  /** Masks, likewise with `mask`, in a table too. A case without one is then a failed one, since it would be scored in another way. */
  readonly masks?: string;
  /** MRs, likewise with `mr`, in a table too, for the figures. */
  readonly mrs?: string;
}

/** Options of {@link openCohort}. */
export interface OpenCohortOptions extends PartOptions {
  /** Formats of the files. Default: `volumeFormats` and DICOM. */
  readonly formats?: readonly VolumeFormat[];
  /** Of tables: their columns by what they are, `{ ct: "planning_ct" }`, as `openDataset` takes them. Default: none. */
  readonly columns?: Readonly<Record<string, string>>;
}

/**
 * Pairs the files of a cohort by case id, in the order of the ids. Only names and times are read here. An id that only one of predictions and references has
 * is a case too, which fails with that reason when it is evaluated, so that it is counted and the rest goes on.
 *
 * @throws MidashError `not-found` when a folder is absent or holds nothing for its role, or when no id is in both predictions and
 *   references; `invalid-argument` for ids that are there twice, and where nobody is in the part
 */
export async function openCohort(
  folders: CohortFolders,
  options: OpenCohortOptions = {},
): Promise<readonly CohortCase[]> {
  const { formats } = options;
  for (const name of ["predictions", "references"] as const)
    assert(typeof folders?.[name] === "string" && folders[name] !== "", `${name} must be a folder`, {
      where: { call: "openCohort" },
    });
  const table = [folders.references, folders.masks, folders.mrs].some((path = "") =>
    /\.(csv|tsv|json)$/i.test(path),
  );
  assert(table || options.columns === undefined, "is for a table", {
    where: { call: "openCohort", option: "columns" },
    hint: "leave it out, or give the table",
  });
  const paths = {
    prediction: await volumesById(folders.predictions, "prediction", { formats }),
    reference: await volumesById(folders.references, "reference", options),
    mask: folders.masks === undefined ? undefined : await masksById(folders.masks, options),
    mr: folders.mrs === undefined ? undefined : await volumesById(folders.mrs, "mr", options),
  };
  const all = new Set([...paths.prediction.keys(), ...paths.reference.keys()]);
  const ids = await idsInPart([...all].sort(), folders.references, options);
  if (!ids.some((id) => paths.prediction.has(id) && paths.reference.has(id)))
    fail(
      "not-found",
      `no case id is in both: ${folders.predictions} has ${some(ids, paths.prediction)}, ${folders.references} has ${some(ids, paths.reference)}`,
      {
        where: { call: "openCohort" },
        hint: "name files by case: <id>.mha, <id>_sct.mha, sct_<id>.mha or <id>/sct.mha",
      },
    );
  const cases: CohortCase[] = [];
  for (const id of ids) {
    const file = (role: CohortRole) => paths[role]?.get(id);
    const files = Object.fromEntries(
      (["prediction", "reference", "mask", "mr"] as const).flatMap((role) => {
        const path = file(role);
        return path === undefined ? [] : [[role, path]];
      }),
    ) as Partial<Record<CohortRole, string>>;
    const fingerprint = await fingerprintOf(files);
    const source = fileCohortCase(id, files, {
      formats,
      wanted: { mask: Boolean(paths.mask), mr: Boolean(paths.mr) },
    });
    cases.push({ ...source, ...(fingerprint === undefined ? {} : { fingerprint }) });
  }
  return cases;
}

/** In DIR or NAME@DIR, as paths for `readMask`. */
export async function masksById(
  text: string,
  options: OpenCohortOptions,
): Promise<ReadonlyMap<string, string>> {
  const { name, file } = await maskPath(text);
  const found = await volumesById(file, "mask", options);
  return name === undefined ? found : new Map([...found].map(([id, path]) => [id, `${name}@${path}`]));
}

/** A table knows its cases' patients and parts; elsewhere each is a patient. */
async function idsInPart(
  ids: readonly string[],
  references: string,
  options: OpenCohortOptions,
): Promise<readonly string[]> {
  if (options.part === undefined) return ids;
  const { table } = await placeOf(references);
  const known = new Map(table ? (await tableCases(references, options)).map((one) => [one.id, one]) : []);
  const cases = ids.map((id) => known.get(id) ?? { id });
  return (await casesInPart(cases, options, { call: "openCohort", where: references })).map(({ id }) => id);
}

function some(ids: readonly string[], found: ReadonlyMap<string, string>): string {
  return names(ids.filter((id) => found.has(id))) || "none";
}

/** A case of these files. Roles that are `wanted` and have no file fail when they are loaded. */
export function fileCohortCase(
  id: string,
  files: Readonly<Partial<Record<CohortRole, string>>>,
  options: {
    readonly formats?: readonly VolumeFormat[];
    readonly wanted?: Readonly<Partial<Record<"mask" | "mr", boolean>>>;
  } = {},
): CohortCase {
  const { formats, wanted = {} } = options;
  const ref = (role: CohortRole): CohortVolume =>
    fileVolume(id, role, files[role], formats, (signal) => ref("reference").load(signal));
  const has = (role: "mask" | "mr") => files[role] !== undefined || wanted[role];
  return {
    id,
    prediction: ref("prediction"),
    reference: ref("reference"),
    ...(has("mask") ? { mask: ref("mask") } : {}),
    ...(has("mr") ? { mr: ref("mr") } : {}),
    files,
  };
}

/** CTs are taken to be in HU unless the file says that it is MR, and MR the other way round; 4-D files are refused. */
function fileVolume(
  id: string,
  role: CohortRole,
  path: string | undefined,
  formats: readonly VolumeFormat[] | undefined,
  reference: (signal?: AbortSignal) => Promise<Volume>,
): CohortVolume {
  return {
    async load(signal) {
      const what = { prediction: "synthetic CT", reference: "CT", mask: "mask", mr: "MR" }[role];
      if (path === undefined)
        return fail("not-found", `has no ${what}`, {
          where: id,
          hint: "add its file, or leave the case out",
        });
      const options = { formats, frame: 0, signal };
      const volume =
        role === "mask"
          ? await readMask(path, { ...options, like: () => reference(signal) })
          : await readVolume(path, options);
      const { frames } = volume.meta;
      assert(frames === undefined, `is 4-D, ${frames} frames`, {
        where: path,
        hint: "save the frame that counts as a 3-D file",
      });
      return inRole(volume, role, path);
    },
  };
}

function inRole(volume: Volume, role: CohortRole, path: string): Volume {
  if (role === "mask") return volume;
  const isCt = role !== "mr";
  assert(
    volume.unit !== (isCt ? "arbitrary" : "HU"),
    isCt ? "is marked as MR, not HU" : "is marked as a CT in HU, not MR",
    { where: path, hint: isCt ? "give a CT or a synthetic CT" : "give an MR" },
  );
  return isCt ? takenForHu(volume) : volume.with({ unit: "arbitrary" });
}
