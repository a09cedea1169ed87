import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { assert } from "../../../base/errors/index.ts";
import { type CaseLook, type Finding, isBad, judgeCohort } from "../../../evaluation/quality/index.ts";
import { type QualityCase, qualityReportHtml } from "../../../evaluation/report/index.ts";
import type { Dataset, LeftOutCase } from "../../../road/data/index.ts";
import type { PreparationJson } from "../../../road/preparation/index.ts";
import { readEntries, removeShard, writeIndex } from "../cache-folder.ts";
import { isTemporary, writeFileAtomic } from "../files.ts";
import { type CaseRecord, recordedIds, removeRecord } from "./case-record.ts";

/** Quality control as files of a cache's folder. */
const QC_PAGE = "qc.html";
const QC_JSON = "qc.json";

/** A case and what was found in it. */
export interface JudgedCase extends CaseLook {
  readonly part?: string;
}

/** What preparing a data set came to. */
export interface PreparedSummary {
  /** Ids by part of the split: what trains, validates and tests. */
  readonly split: Readonly<Record<"train" | "validation" | "test", readonly string[]>>;
  /** All cases, those too that the data set left out, each with all its findings. */
  readonly cases: readonly JudgedCase[];
  /** Those that are not used, and why. */
  readonly setAside: readonly LeftOutCase[];
}

const PARTS = ["train", "validation", "test"] as const;

/** Hours after which a file that was never finished is a killed writer's. */
const STALE_HOURS = 6;

/**
 * Judges all cases together, and writes the cache's index and its quality control. Whoever has all records may do it, at the same time as others: all write the
 * same bytes.
 *
 * @throws MidashError `invalid-argument` where no case is left to train on: by then the quality control is written; `io`, `aborted`
 */
export async function finishCache(
  folder: string,
  dataset: Dataset,
  records: readonly CaseRecord[],
  { preparation, signal }: { readonly preparation: PreparationJson; readonly signal?: AbortSignal },
): Promise<PreparedSummary> {
  const partOf = new Map(PARTS.flatMap((part) => dataset[part].map(({ id }) => [id, part] as const)));
  const looks = records.map(({ look }) => look);
  const findings = judgeCohort(looks, (id) => partOf.get(id));
  const judged: QualityCase[] = records.map(({ look, picture }) => ({
    ...look,
    findings: findings.get(look.id)!,
    part: partOf.get(look.id)!,
    picture,
  }));
  const all = [...judged, ...dataset.leftOut.map(lookAtLeftOut)].sort((a, b) => (a.id < b.id ? -1 : 1));
  const bad = new Set(all.filter((one) => isBad(one.findings)).map(({ id }) => id));
  const good = (part: (typeof PARTS)[number]) =>
    dataset[part].map(({ id }) => id).filter((id) => !bad.has(id));
  const split = { train: good("train"), validation: good("validation"), test: good("test") };
  const setAside = all.flatMap(({ id, patient, findings: own }): LeftOutCase[] =>
    bad.has(id) ? [{ id, ...(patient === undefined ? {} : { patient }), why: reasonIn(own) }] : [],
  );
  const cases = all.map(({ picture: _, ...one }): JudgedCase => one);
  const counts = PARTS.map((part) => `${split[part].length} for ${part}`).join(", ");
  const page = qualityReportHtml({
    title: dataset.name,
    lead: "Each case was looked at by itself and compared with the others, before any model sees it.",
    facts: { Parts: counts, Inputs: preparation.inputs.map(({ name }) => name).join(", ") },
    cases: all,
  });
  const write = (name: string, text: string) =>
    writeFileAtomic(join(folder, name), new TextEncoder().encode(text), { signal });
  await write(QC_PAGE, page);
  await write(QC_JSON, `${JSON.stringify(qcJson(dataset.name, split, cases, setAside), null, 1)}\n`);
  assert(split.train.length > 0, "no case is good enough to train on", {
    where: dataset.name,
    hint: `look into ${join(folder, QC_PAGE)}`,
  });
  const entries = records.flatMap(({ entry }) => (entry && !bad.has(entry.id) ? [entry] : []));
  const { name, origin } = dataset;
  const index = { name, origin, preparation, split, leftOut: setAside, cases: entries };
  await writeIndex(folder, index, { signal });
  await sweep(folder, new Set(records.map(({ look }) => look.id)));
  return { split, cases, setAside };
}

/** Why a case is not used: all that is bad in it. */
function reasonIn(findings: readonly Finding[]): string {
  return findings
    .flatMap(({ level, code, what }) => (level === "bad" ? [`${code}: ${what}`] : []))
    .join("; ");
}

/** A case that the data set left out was never read. */
function lookAtLeftOut({ id, patient, why, torn }: LeftOutCase): QualityCase {
  return {
    id,
    ...(patient === undefined ? {} : { patient }),
    facts: { images: {}, simulated: false },
    findings: [{ code: torn ? "two-parts" : "incomplete", level: "bad", what: why }],
  };
}

/** Signatures are for comparing cases and for nobody to read. */
function qcJson(
  name: string,
  split: PreparedSummary["split"],
  cases: readonly JudgedCase[],
  setAside: readonly LeftOutCase[],
): object {
  const plain = cases.map(({ facts, ...one }) => ({
    ...one,
    facts: {
      ...facts,
      images: Object.fromEntries(
        Object.entries(facts.images).map(([image, { signature: _, ...about }]) => [image, about]),
      ),
    },
  }));
  return { schema: 1, name, split, setAside, cases: plain };
}

/** Removes what no case of the data set has any more, and what killed writers left. */
async function sweep(folder: string, ids: ReadonlySet<string>): Promise<void> {
  for (const id of await recordedIds(folder)) if (!ids.has(id)) await removeRecord(folder, id);
  for (const { id } of await readEntries(folder)) if (!ids.has(id)) await removeShard(folder, id);
  for (const below of [".", "cases", "shards"])
    for (const file of await readdir(join(folder, below)).catch(() => [] as string[])) {
      const path = join(folder, below, file);
      const found = isTemporary(file) ? await stat(path).catch(() => undefined) : undefined;
      if (found && Date.now() - found.mtimeMs > STALE_HOURS * 3_600_000) await rm(path, { force: true });
    }
}
