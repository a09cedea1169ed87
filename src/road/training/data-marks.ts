import { fail } from "../../base/errors/index.ts";
import { type Case, type Dataset, type ImageMark, type ImageMarks, isSameImage } from "../data/index.ts";

/** A case as a checkpoint knows it again. */
interface MarkedCase {
  readonly id: string;
  /** Names of its inputs: "t1+t2". */
  readonly inputs: string;
  /** Absent where the case can't tell, as of images that are computed. */
  readonly images?: ImageMarks;
}

/** The data that a run learns from, as a checkpoint knows it again. */
export interface DataMarks {
  readonly train: readonly MarkedCase[];
  readonly validation: readonly MarkedCase[];
  /** Nothing is learnt from them: their names only tell a case that is gone from one that went there. */
  readonly test: readonly string[];
}

const PARTS = ["train", "validation"] as const;
/** Cases whose files are looked at together. */
const AT_ONCE = 8;
/** So many differences are named. */
const SHOWN = 4;

/** @param known of the checkpoint to go on from: files whose size and time it knows are not read again */
export async function markData(dataset: Dataset, known?: DataMarks): Promise<DataMarks> {
  const [train, validation] = [
    await markCases(dataset.train, known?.train),
    await markCases(dataset.validation, known?.validation),
  ];
  return { train, validation, test: dataset.test.map(({ id }) => id) };
}

async function markCases(cases: readonly Case[], known: readonly MarkedCase[] = []): Promise<MarkedCase[]> {
  const before = new Map(known.map(({ id, images }) => [id, images]));
  const marked: MarkedCase[] = [];
  for (let n = 0; n < cases.length; n += AT_ONCE)
    marked.push(
      ...(await Promise.all(
        cases.slice(n, n + AT_ONCE).map(async (one) => {
          const images = await one.marks?.(before.get(one.id));
          return { id: one.id, inputs: Object.keys(one.inputs).join("+"), ...(images ? { images } : {}) };
        }),
      )),
    );
  return marked;
}

/** @throws MidashError `invalid-argument` naming the images that are not what they were at the checkpoint */
export function assertSameImages(before: DataMarks, now: DataMarks, where: string): void {
  refuse(
    PARTS.flatMap((part) => changes(before[part], now[part])),
    where,
  );
}

/** @throws MidashError `invalid-argument` naming the cases that were added, taken away or moved to another part since the checkpoint */
export function assertSameCases(before: DataMarks, now: DataMarks, where: string): void {
  refuse(membership(before, now), where);
}

function refuse(found: readonly string[], where: string): void {
  if (found.length === 0) return;
  const more = found.length > SHOWN ? [`and ${found.length - SHOWN} more`] : [];
  fail("invalid-argument", `the data has changed since: ${[...found.slice(0, SHOWN), ...more].join("; ")}`, {
    where,
    hint: "put the data back as it was and resume, or start in another folder",
  });
}

/** Who came and went; where nobody did, who is in another part now, or in another order. */
function membership(before: DataMarks, now: DataMarks): readonly string[] {
  const [old, young] = [partsOf(before), partsOf(now)];
  const gone = [...old.keys()].filter((id) => !young.has(id)).map((id) => `case "${id}" is gone`);
  const added = [...young.keys()].filter((id) => !old.has(id)).map((id) => `case "${id}" is new`);
  const moved = [...young].flatMap(([id, part]) => {
    const from = old.get(id);
    return from && from !== part ? [`case "${id}" was for ${from} and is for ${part} now`] : [];
  });
  const strangers = [...gone, ...added];
  if (strangers.length > 0) return strangers;
  if (moved.length > 0) return moved;
  const order = (marks: DataMarks) => PARTS.flatMap((part) => marks[part].map(({ id }) => id)).join("\n");
  return order(before) === order(now) ? [] : ["its cases come in another order"];
}

function partsOf({ train, validation, test }: DataMarks): ReadonlyMap<string, string> {
  const ids = (part: string, names: readonly string[]) => names.map((id) => [id, part] as const);
  return new Map([
    ...ids("test", test),
    ...ids(
      "validation",
      validation.map(({ id }) => id),
    ),
    ...ids(
      "training",
      train.map(({ id }) => id),
    ),
  ]);
}

/** Of cases that are in the part before and now. */
function changes(before: readonly MarkedCase[], now: readonly MarkedCase[]): readonly string[] {
  const old = new Map(before.map((one) => [one.id, one]));
  return now.flatMap(({ id, inputs, images = {} }) => {
    const was = old.get(id);
    if (!was) return [];
    if (was.inputs !== inputs)
      return [`case "${id}" had the inputs ${was.inputs || "none"}, now ${inputs || "none"}`];
    const known = was.images ?? {};
    const names = Object.keys({ ...known, ...images });
    const others = names.filter((name) => !isSame(known[name], images[name]));
    return others.map((name) => `the ${name} of case "${id}" is another`);
  });
}

function isSame(a: ImageMark | undefined, b: ImageMark | undefined): boolean {
  return a && b ? isSameImage(a, b) : a === b;
}
