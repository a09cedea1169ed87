import { mkdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeVolume } from "../../src/host/node/index.ts";
import { phantomSubject } from "../../src/imaging/phantom/index.ts";
import { resample, shiftAffine, type Volume } from "../../src/imaging/volume/index.ts";

type Pair = { readonly mr: Volume; readonly ct: Volume };

/** What is wrong with each case that is bad, and what quality control calls it. */
const FLAWS: Readonly<Record<string, { readonly code: string; readonly spoil: (pair: Pair) => Pair }>> = {
  "other-grid": {
    code: "other-grid",
    spoil: ({ mr, ct }) => ({ mr, ct: resample(ct, { spacing: [5, 5, 5] }) }),
  },
  "mr-as-ct": { code: "wrong-image", spoil: ({ mr }) => ({ mr, ct: mr }) },
  nan: {
    code: "not-finite",
    spoil: ({ mr, ct }) => ({
      mr: mr.with({ data: mr.values().map((v, i) => (v > 200 && i % 3 === 0 ? Number.NaN : v)) }),
      ct,
    }),
  },
  moved: {
    code: "misaligned",
    spoil: ({ mr, ct }) => ({
      mr,
      ct: resample(ct.with({ affine: shiftAffine(ct.affine, [0, 5, 0]) }), { like: ct }),
    }),
  },
  "plus-1024": {
    code: "not-hu",
    spoil: ({ mr, ct }) => ({ mr, ct: ct.with({ data: ct.values().map((v) => v + 1024) }) }),
  },
  cut: {
    code: "truncated",
    spoil: ({ mr, ct }) => ({
      mr: mr.with({ data: mr.values().map((v, i) => (i < 0.5 * mr.size ? 0 : v)) }),
      ct,
    }),
  },
};

/** Ids of bad cases, and the code of what is wrong with each. */
export const BAD: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(FLAWS).map(([id, { code }]) => [id, code])),
  truncated: "unreadable",
  "torn-a": "two-parts",
  "torn-b": "two-parts",
  twice: "duplicate",
};

/** Ids of good cases. */
export const GOOD = ["good-0", "good-1", "good-2", "good-3", "good-4", "good-5"] as const;

/**
 * Simulated heads in a folder with a table of them, `cases.csv`: good ones, and of each flaw one.
 *
 * @returns the table's path
 */
export async function flawedCohort(folder: string): Promise<string> {
  const rows: string[] = [];
  const add = async (id: string, part: string, pair: Pair, patient = id) => {
    const home = join(folder, id);
    await mkdir(home, { recursive: true });
    for (const name of ["mr", "ct"] as const)
      await writeVolume(join(home, `${name}.nii.gz`), pair[name].with({ unit: "unknown", meta: {} }));
    rows.push(`${id},${patient},${part},${id}/mr.nii.gz,${id}/ct.nii.gz`);
  };
  let subject = 0;
  const next = async (): Promise<Pair> => {
    const { inputs, ct } = await phantomSubject({
      shape: [50, 58, 42],
      spacing: [4, 4, 4],
      seed: 5,
      subject: subject++,
    });
    return { mr: inputs.t1!, ct };
  };
  for (const [n, id] of GOOD.entries()) {
    const pair = await next();
    await add(id, n < 4 ? "train" : n === 4 ? "validation" : "test", pair);
    if (n === 0) await add("twice", "test", pair);
  }
  for (const [id, { spoil }] of Object.entries(FLAWS)) await add(id, "train", spoil(await next()));
  await add("truncated", "train", await next());
  const file = join(folder, "truncated", "mr.nii.gz");
  await truncate(file, Math.floor((await readFile(file)).length / 2));
  await add("torn-a", "train", await next(), "torn");
  await add("torn-b", "test", await next(), "torn");
  const table = join(folder, "cases.csv");
  await writeFile(table, `${["id,patient,split,mr,ct", ...rows].join("\n")}\n`);
  return table;
}
