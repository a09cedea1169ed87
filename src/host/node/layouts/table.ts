import { basename, dirname, resolve } from "node:path";
import { assert, fail, isNear, orNearest } from "../../../base/errors/index.ts";
import { USUAL_INPUTS } from "../../../road/data/index.ts";
import { dicomFolders, volumesAmong } from "../case-folder.ts";
import { exists, isFolder } from "../files.ts";
import { maskPath } from "../masks.ts";
import { partNamed } from "../split-file.ts";
import { columnsOf, ID_COLUMNS, type Row, readRows } from "../table-rows.ts";
import { type DatasetLayout, type FindOptions, type FoundCase, some } from "./layout.ts";

/** Columns that are no files. */
const FACTS: readonly string[] = [...ID_COLUMNS, "centre", "split"];
/** Columns of files that are no inputs. */
const OTHERS = ["ct", "mask"];

/**
 * A CSV, TSV or JSON file that says a row a case: columns `ct`, inputs by name (`mr`, `t1`, ...), and if wanted `id`, `patient`, `centre`, `mask` (also
 * NAME@FILE) and `split` (train, validation or test). JSON is a list of such records. Paths are files or DICOM folders, from the table's own folder. Empty cells are absent.
 * Other columns are inputs where `inputs` names them, or where it is not given and they hold volumes; else they are not used.
 */
export const table: DatasetLayout = {
  name: "table",
  pattern:
    "a .csv, .tsv or .json with columns ct, mr (or t1, ...), and if wanted id, patient, centre, mask, split",
  async find(place, options) {
    if (!place.table) return { cases: [] };
    const { labels = [], withoutCt } = options;
    const own = await readTable(place.path, options);
    const { columns, misspelt } = await fileColumns(own, options);
    const inputs = columns.filter((name) => ![...OTHERS, ...labels].includes(name));
    const meant = (name: string) => misspelt.some((one) => one.meant === name);
    const isInput = (name: string) => ![...FACTS, ...OTHERS, ...labels].includes(name);
    const absent = withoutCt
      ? []
      : [
          ...(columns.includes("ct") || meant("ct") ? [] : ["ct"]),
          ...(inputs.length > 0 || misspelt.some((one) => isInput(one.meant)) ? [] : ["mr"]),
        ];
    assertColumns(own, absent, misspelt);
    const files = await filesOf(
      own,
      columns.filter((name) => !withoutCt || name !== "ct"),
    );
    const cases = casesOf(own).map(
      (one, n): FoundCase => ({
        ...one,
        files: files[n]!,
        inputs: inputs.filter((name) => files[n]!.has(name)),
      }),
    );
    const used = [...FACTS, ...columns].map((name) => own.names.get(name));
    return {
      cases,
      near: `its columns are ${own.columns.join(", ")}`,
      unused: own.columns.filter((column) => !used.includes(column)),
    };
  },
};

type TableCase = Omit<FoundCase, "files" | "inputs">;

/** The cases of a table, without their files. @throws MidashError `not-found`, `io`, `invalid-file` */
export async function tableCases(
  path: string,
  options: Pick<FindOptions, "columns">,
): Promise<readonly TableCase[]> {
  return casesOf(await readTable(path, options));
}

function casesOf(own: Table): readonly TableCase[] {
  const ids = idsOf(own);
  return own.rows.map((row, n) => {
    const where = whereOf(own, row);
    const patient = cellOf(own, row, "patient");
    const centre = cellOf(own, row, "centre");
    return {
      id: ids[n]!,
      ...(patient === "" ? {} : { patient }),
      ...(centre === "" ? {} : { centre }),
      ...(own.names.has("split") ? { part: partNamed(cellOf(own, row, "split"), where) } : {}),
      where,
    };
  });
}

/**
 * The files of one column by case id.
 *
 * @throws MidashError `invalid-file` where there is no such column, `not-found` where files are missing
 */
export async function columnById(
  path: string,
  name: string,
  options: Pick<FindOptions, "columns">,
): Promise<ReadonlyMap<string, string>> {
  const own = await readTable(path, options);
  assertColumns(own, own.names.has(name) ? [] : [name]);
  const [ids, files] = [idsOf(own), await filesOf(own, [name])];
  return new Map(ids.flatMap((id, n) => [...files[n]!.values()].map((file): [string, string] => [id, file])));
}

interface Table {
  readonly path: string;
  readonly rows: readonly Row[];
  /** As the file calls them. */
  readonly columns: readonly string[];
  /** Columns by what they are. */
  readonly names: ReadonlyMap<string, string>;
}

async function readTable(path: string, { columns = {} }: Pick<FindOptions, "columns">): Promise<Table> {
  const rows = await readRows(path);
  if (rows.length === 0)
    fail("invalid-file", "holds no rows", { where: path, hint: "write a row for each case" });
  const there = columnsOf(rows);
  const asked = new Map(
    Object.entries(columns).map(([name, column]) => [name.toLowerCase(), column.toLowerCase()]),
  );
  const unknown = [...asked].filter(([, column]) => !there.includes(column));
  const said = unknown.map(([name, column]) => `no column "${column}", which is to be ${name}`);
  assert(unknown.length === 0, `has ${said.join(", and ")}`, {
    where: path,
    hint: unknown.length === 1 ? orNearest(unknown[0]![1], there) : `its columns are ${there.join(", ")}`,
  });
  const others = there.filter((column) => !asked.has(column) && ![...asked.values()].includes(column));
  return {
    path,
    rows,
    columns: there,
    names: new Map([...others.map((column) => [column, column] as const), ...asked]),
  };
}

function cellOf({ names }: Table, { cells }: Row, name: string): string {
  const column = names.get(name);
  return (column !== undefined && cells[column]) || "";
}

function whereOf({ path }: Table, { place }: Row): string {
  return `${path} (${place})`;
}

/** By the column `id` or `case`; by `patient` where each has one row; else numbered. */
function idsOf(own: Table): readonly string[] {
  const cells = (name: string) => own.rows.map((row) => cellOf(own, row, name));
  const patients = cells("patient");
  const single = new Set(patients).size === own.rows.length;
  const column = ID_COLUMNS.find((name) => own.names.has(name) && (name !== "patient" || single));
  const ids = (column === undefined ? own.rows.map(() => "") : cells(column)).map(
    (id, n) => id || `row-${n + 1}`,
  );
  const twice = ids.find((id, n) => ids.indexOf(id) !== n);
  if (twice !== undefined)
    fail("invalid-file", `holds the id ${twice} twice`, { where: own.path, hint: "give each row its own" });
  return ids;
}

/** A column that is nearly called as one that is absent. */
interface Misspelt {
  readonly name: string;
  readonly meant: string;
}

/** The names of the columns that hold files that count, and what may be misspelt. */
async function fileColumns(
  own: Table,
  options: FindOptions,
): Promise<{ readonly columns: readonly string[]; readonly misspelt: readonly Misspelt[] }> {
  const { inputs, optional = [], labels = [], columns = {}, formats } = options;
  const asked = [...labels, ...(inputs ?? []), ...optional, ...Object.keys(columns)];
  const known = [...FACTS, ...OTHERS, ...USUAL_INPUTS, ...asked.map((name) => name.toLowerCase())];
  const folder = dirname(own.path);
  const found: string[] = [];
  const misspelt: Misspelt[] = [];
  for (const name of own.names.keys()) {
    if (known.includes(name)) {
      if (!FACTS.includes(name)) found.push(name);
      continue;
    }
    const cells = own.rows.map((row) => cellOf(own, row, name)).filter((cell) => cell !== "");
    const paths = cells.some((cell) => volumesAmong("", [cell], formats).length > 0 || /[/\\]/.test(cell));
    const meant = known.find(
      (one) => !own.names.has(one) && nearly(name, one) && (paths || FACTS.includes(one)),
    );
    if (meant !== undefined) misspelt.push({ name, meant });
    if (meant !== undefined || inputs !== undefined) continue;
    for (const cell of cells)
      if (await isVolume(resolve(folder, cell), formats)) {
        found.push(name);
        break;
      }
  }
  return { columns: found, misspelt };
}

/** Whether a column's name is a known one misspelt. Other numbers and additions to them are names of their own (mr2, t1c), and so are all that only look like `id`. */
function nearly(name: string, known: string): boolean {
  if (known === "id" || /\d/.test(name + known) || name[0] !== known[0]) return false;
  return known.length > 2 ? isNear(name, known) : name.length === 3 && name.startsWith(known);
}

/** Whether there is a file of a volume, or a folder of DICOM files. */
async function isVolume(path: string, formats: FindOptions["formats"]): Promise<boolean> {
  const [folder, name] = [dirname(path), basename(path)];
  if (await isFolder(path)) return (await dicomFolders(folder, [name])).length > 0;
  return volumesAmong(folder, [name], formats).length > 0 && (await exists(path));
}

/** Paths by name, a map for each row. @throws MidashError `not-found`, naming the first that are missing */
async function filesOf(
  own: Table,
  names: readonly string[],
): Promise<readonly ReadonlyMap<string, string>[]> {
  const missing: string[] = [];
  const all: ReadonlyMap<string, string>[] = [];
  for (const row of own.rows) {
    const files = new Map<string, string>();
    for (const name of names) {
      const cell = cellOf(own, row, name);
      if (cell === "") continue;
      const path = await pathOf(cell, name, dirname(own.path));
      if (path === undefined) missing.push(`${row.place}, ${name}: ${resolve(dirname(own.path), cell)}`);
      else files.set(name, path);
    }
    all.push(files);
  }
  if (missing.length > 0)
    fail("not-found", `no such file or folder: ${some(missing, 3)}`, {
      where: own.path,
      hint: "correct the paths, which are taken from the table's own folder",
    });
  return all;
}

async function pathOf(cell: string, name: string, folder: string): Promise<string | undefined> {
  const path = resolve(folder, cell);
  if (await exists(path)) return path;
  const [, structure, file] = name === "mask" ? (/^([^@]+)@(.+)$/.exec(cell) ?? []) : [];
  if (structure === undefined || file === undefined) return undefined;
  const mask = await maskPath(`${structure}@${resolve(folder, file)}`);
  return (await exists(mask.file)) ? `${mask.name}@${mask.file}` : undefined;
}

/** @throws MidashError `invalid-file` that names all columns that are absent and all that may be misspelt */
function assertColumns(
  { path, columns }: Table,
  absent: readonly string[],
  misspelt: readonly Misspelt[] = [],
): void {
  const others = columns.filter((column) => misspelt.every(({ name }) => name !== column));
  const guess = (meant: string) => others.find((column) => column.includes(meant)) ?? "NAME";
  const all = [...absent.map((meant) => ({ meant, name: guess(meant) })), ...misspelt];
  if (all.length === 0) return;
  const lacks = `no column ${absent.join(" and no column ")}: its columns are ${columns.join(", ")}`;
  const has = [
    ...(absent.length > 0 ? [lacks] : []),
    ...misspelt.map(({ name, meant }) => `a column "${name}": did you mean ${meant}?`),
  ];
  const one = all.length === 1 ? all[0]! : undefined;
  const holder = `the column that holds the ${one?.meant.toUpperCase()} to ${one?.meant}`;
  fail("invalid-file", `has ${has.join("; has ")}`, {
    where: path,
    hint: [
      `rename ${one === undefined ? "them" : misspelt.length > 0 ? "it" : holder}`,
      [
        `say which ${one ? "it is" : "they are"} by`,
        ...all.flatMap(({ name, meant }) => [" ", { option: "columns" }, ` ${meant}=${name}`]),
      ],
      ...(misspelt.length > 0
        ? [
            [
              `name ${one ? "it" : misspelt[0]!.name} by `,
              { option: "inputs" },
              " if it is an input of its own",
            ],
          ]
        : []),
    ],
  });
}
