import { describe, expect, it } from "vitest";
import { GOLDEN, goldenCohort, scoredCase } from "../../../test/support/cohort-results.ts";
import { errorOf } from "../../../test/support/error-of.ts";
import { MidashError } from "../../base/errors/index.ts";
import { affineFromSpacing, type Unit, Volume } from "../../imaging/volume/index.ts";
import {
  type CohortCase,
  type CohortEvent,
  type CohortResult,
  cohortCsv,
  compareCohorts,
  type EvaluateCohortOptions,
  evaluateCohort,
  failedCase,
  groupCohort,
  measuresOf,
  readCohortCsv,
  summariseCohort,
} from "./index.ts";

const close = (actual: number, expected: number, tolerance = 1e-12) =>
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(tolerance * Math.max(1e-300, Math.abs(expected)));

describe("summariseCohort", () => {
  const { measures } = goldenCohort("a");
  it.each(["mae", "me", "ssim"] as const)("%s equals NumPy and SciPy", (name) => {
    const { summary, interval } = measures.find((one) => one.name === name)!;
    const golden = GOLDEN.aggregates[name];
    for (const key of ["mean", "sd", "min", "q1", "median", "q3", "max"] as const)
      close(summary[key], golden[key]);
    // Two bootstraps of other random numbers: the ends vary by some hundredths of the width.
    const width = golden.interval[1] - golden.interval[0];
    expect(Math.abs(interval.low - golden.interval[0])).toBeLessThan(0.04 * width);
    expect(Math.abs(interval.high - golden.interval[1])).toBeLessThan(0.04 * width);
  });

  it("counts what has no finite value, and says why", () => {
    const cases = [
      scoredCase("one", { mae: 0, psnr: Number.POSITIVE_INFINITY }),
      scoredCase("two", { mae: 5 }),
    ];
    const psnr = summariseCohort(cases).measures.find(({ name }) => name === "psnr")!;
    expect([psnr.summary.count, psnr.summary.left, psnr.summary.mean]).toEqual([1, 1, 30]);
    expect(psnr.left).toEqual([{ id: "one", why: "prediction and reference are identical" }]);
    expect(psnr.voxels).toBe(1000);
  });

  it("refuses cases that can't be put together", () => {
    const one = scoredCase("one", { mae: 1 });
    const { report } = scoredCase("two", { mae: 2 });
    const other = { ...one, id: "two", report: { ...report, mae: { ...report.mae, maskRule: "another" } } };
    expect(() => summariseCohort([one, other])).toThrow(
      /two was measured in another way \(.*another.*\) than one/,
    );
    expect(() => summariseCohort([one, one])).toThrow(/an id is there twice/);
    expect(() => summariseCohort([failedCase("x", new MidashError("io", "gone"))])).toThrow(
      /no case could be evaluated; the first: x: gone/,
    );
  });
});

describe("groupCohort", () => {
  const a = goldenCohort("a");

  it("is the cohort's statistics over each group's cases", () => {
    const lost = failedCase("lost", new MidashError("io", "gone"));
    const gone = failedCase("gone", new MidashError("io", "gone"));
    const cohort = summariseCohort([...a.scored, lost, gone]);
    const groupOf = new Map(a.scored.map(({ id }, n) => [id, n < 8 ? "b" : "a"]));
    groupOf.delete("case 0");
    groupOf.set("lost", "b").set("gone", "c").set("nobody", "a");
    const { by, groups, without } = groupCohort(cohort, groupOf, { by: "centre", resamples: 50 });
    expect([by, without]).toEqual(["centre", ["case 0"]]);
    expect(groups.map(({ name, scored, failed }) => [name, scored.length, failed])).toEqual([
      ["a", 16, []],
      ["b", 7, ["lost"]],
      ["c", 0, ["gone"]],
    ]);
    expect(groups[1]!.measures).toEqual(summariseCohort(a.scored.slice(1, 8), { resamples: 50 }).measures);
    expect(groups[2]!.measures).toEqual([]);
  });

  it("refuses groups of other cases", () => {
    expect(() => groupCohort(a, new Map([["x", "y"]]), { by: "region" })).toThrow(
      "none of its 24 cases has a group by region; check that ids are those of the cases",
    );
  });
});

describe("compareCohorts", () => {
  const [a, b] = [goldenCohort("a"), goldenCohort("b")];
  it.each([
    ["mae", "b"],
    ["me", "b"],
    ["ssim", "b"],
  ] as const)("%s equals SciPy", (name, better) => {
    const measure = compareCohorts(a, b).measures.find((one) => one.name === name)!;
    const golden = GOLDEN.paired[name];
    close(measure.meanDifference, golden.meanDifference, 1e-11);
    close(measure.wilcoxon!.p, golden.p);
    expect(measure.wilcoxon!.statistic).toBe(golden.statistic);
    expect(measure.better).toBe(better);
    const width = golden.interval[1] - golden.interval[0];
    expect(Math.abs(measure.interval.low - golden.interval[0])).toBeLessThan(0.04 * width);
    expect(Math.abs(measure.interval.high - golden.interval[1])).toBeLessThan(0.04 * width);
  });

  it("compares what both have, and names the rest", () => {
    const few = summariseCohort([...b.scored.slice(0, 3), scoredCase("new", { mae: 1 })]);
    const compared = compareCohorts(a, few);
    expect([compared.ids, compared.onlyB]).toEqual([["case 0", "case 1", "case 2"], ["new"]]);
    expect(compared.onlyA).toHaveLength(21);
    expect(compared.measures.map(({ name }) => name)).toContain("mae.bone");
    const { preset, ...rest } = b;
    expect(() => compareCohorts(a, { ...rest, preset: "monai" })).toThrow(
      /in different ways: synthrad2023.*monai/,
    );
    expect(preset).toBe("synthrad2023");
  });

  it("equal models: nobody is better, and p is undefined", () => {
    const { better, wilcoxon, meanDifference } = compareCohorts(a, a).measures[0]!;
    expect([better, wilcoxon!.p, meanDifference]).toEqual(["neither", Number.NaN, 0]);
  });
});

describe("CSV", () => {
  it("is read back to the last bit", () => {
    const cases = [
      ...goldenCohort("a").scored,
      scoredCase('odd, "quoted"\nid', { mae: 1 / 3, psnr: Number.POSITIVE_INFINITY, ssim: Number.NaN }),
      failedCase("lost", new MidashError("io", "can't be read, at all")),
    ];
    const rows = readCohortCsv(cohortCsv(cases));
    expect(rows.map(({ id, status }) => [id, status])).toEqual(cases.map(({ id, status }) => [id, status]));
    for (const [n, one] of cases.entries()) {
      if (one.status === "failed") continue;
      expect(rows[n]!.values).toEqual(
        Object.fromEntries(measuresOf(one.report).map(({ name, value }) => [name, value.value])),
      );
    }
    expect(rows.at(-1)).toEqual({
      id: "lost",
      status: "failed",
      values: {},
      reason: "can't be read, at all",
    });
    expect(cohortCsv(cases).split("\n")[0]).toBe(
      "id,status,preset,simulated,mask_rule,data_range,voxels,mae_hu,me_hu,rmse_hu,psnr_db,ssim,mae.bone_hu,me.bone_hu,reason",
    );
    expect(readCohortCsv(cohortCsv(cases).replaceAll("\n", "\r\n"))).toHaveLength(cases.length);
  });

  it("refuses other text", () => {
    expect(() => readCohortCsv("a,b\n1,2\n")).toThrow(/column 1 must be "id", is "a"/);
    const text = cohortCsv([scoredCase("one", { mae: 1 })]);
    expect(() => readCohortCsv(text.replace("scored", "fine"))).toThrow(/row 2: unknown status "fine"/);
    expect(() => readCohortCsv(text.replace(",1,", ",one,"))).toThrow(/row 2: "one" is no number/);
    expect(() => readCohortCsv(`${text}x,scored\n`)).toThrow(/row 3 has 2 cells, not 15/);
    expect(() => readCohortCsv('id,"sta')).toThrow(/can't be read as CSV/);
  });
});

/** A body of 40 HU with a bone of 700 in air, `shift` HU off. */
function ct(options: { readonly shift?: number; readonly size?: number; readonly unit?: Unit } = {}): Volume {
  const { shift = 0, size = 12, unit = "HU" } = options;
  const data = Float32Array.from({ length: size ** 3 }, (_, i) => {
    const place = [i % size, Math.floor(i / size) % size, Math.floor(i / size ** 2)];
    const inside = place.every((v) => v > 1 && v < size - 2);
    return inside ? (place[0] === 5 ? 700 : 40) + shift + (i % 5) : -1000;
  });
  return new Volume({
    shape: [size, size, size],
    affine: affineFromSpacing([2, 2, 2]),
    data,
    unit,
    simulated: true,
  });
}

const ref = (volume: Volume) => ({ load: async () => volume });

function cohortCase(id: string, shift: number, changes: Partial<CohortCase> = {}): CohortCase {
  return {
    id,
    prediction: ref(ct({ shift })),
    reference: ref(ct()),
    fingerprint: `${id} ${shift}`,
    ...changes,
  };
}

async function run(
  cases: readonly CohortCase[],
  options: Partial<EvaluateCohortOptions> = {},
): Promise<{ readonly events: CohortEvent[]; readonly cohort: CohortResult }> {
  const events: CohortEvent[] = [];
  for await (const event of evaluateCohort(cases, { preset: "synthrad2023", ...options })) events.push(event);
  const end = events.pop()!;
  if (end.type !== "end") throw new Error("no end");
  return { events, cohort: end.cohort };
}

function memoryStore() {
  const files = new Map<string, Uint8Array>();
  return {
    files,
    async write(name: string, bytes: Uint8Array) {
      files.set(name, bytes);
    },
    async read(name: string) {
      return files.get(name);
    },
  };
}

describe("evaluateCohort", () => {
  const broken = (): CohortCase[] => {
    const empty = ct().with({ data: new Uint8Array(12 ** 3) });
    const nan = ct().with({ data: ct().values().fill(Number.NaN, 785, 788) });
    const gone = {
      load: async (): Promise<Volume> => {
        throw new Error("the disk is gone");
      },
    };
    return [
      cohortCase("grid", 1, { prediction: ref(ct({ size: 11 })) }),
      cohortCase("mask", 1, { mask: ref(empty) }),
      cohortCase("nan", 1, { prediction: ref(nan) }),
      cohortCase("flat", 1, { prediction: ref(ct().with({ data: new Float32Array(12 ** 3).fill(7) })) }),
      cohortCase("gone", 1, { reference: gone }),
      cohortCase("unit", 1, { prediction: ref(ct({ unit: "unknown" })) }),
    ];
  };

  it("reports what is wrong with a case, and evaluates the rest", async () => {
    const { cohort, events } = await run([cohortCase("one", 10), ...broken(), cohortCase("two", -20)]);
    expect(cohort.scored.map(({ id, report }) => [id, report.mae.value])).toEqual([
      ["one", 10],
      ["two", 20],
    ]);
    expect(cohort.failed.map(({ id, kind, reason }) => [id, kind, reason])).toEqual([
      [
        "grid",
        "grid-mismatch",
        expect.stringMatching(/^prediction .* and reference .* are on different grids/),
      ],
      ["mask", "invalid-argument", "mask: is empty: no voxel is above 0"],
      ["nan", "invalid-argument", "prediction: 3 voxels are NaN or infinite"],
      ["flat", "invalid-argument", "the prediction is constant: 7 in every voxel; check how it was made"],
      ["gone", "internal", "the disk is gone"],
      [
        "unit",
        "invalid-argument",
        expect.stringMatching(/^prediction: must be in HU, its unit is "unknown"/),
      ],
    ]);
    expect(events.map((event) => event.type === "case" && [event.done, event.total])).toEqual(
      Array.from({ length: 8 }, (_, n) => [n + 1, 8]),
    );
    expect(cohort.maskRule).toBe(
      "voxels inside the body of the CT (largest part above -300 HU, holes filled)",
    );
    expect(cohort.simulated).toBe(true);
    const { body, worst, joint } = cohort.scored[0]!;
    expect(body.voxels).toBe(8 ** 3);
    expect(body.prediction - body.reference).toBeCloseTo(10, 5);
    expect(worst).toEqual({ index: 2, mae: 10, voxels: 64 });
    expect(joint.counts.reduce((sum, n) => sum + n, 0)).toBe(8 ** 3);
  });

  it("an MR that can't be used is a note", async () => {
    const mr = ct({ unit: "arbitrary" });
    const { cohort } = await run([
      cohortCase("with", 5, { mr: ref(mr) }),
      cohortCase("other", 5, { mr: ref(ct({ size: 11, unit: "arbitrary" })) }),
    ]);
    expect(cohort.scored.map(({ joint, note }) => [joint.x, note])).toEqual([
      ["mr", undefined],
      ["sct", expect.stringMatching(/^without its MR: other: MR .* are on different grids/)],
    ]);
  });

  it("takes stored results of the same files and preset, and nothing else", async () => {
    const store = memoryStore();
    const cases = [cohortCase("one", 10), cohortCase("two", 20), broken()[0]!];
    const reused = async (some: readonly CohortCase[], options: Partial<EvaluateCohortOptions> = {}) => {
      const { events, cohort } = await run(some, { store, ...options });
      return {
        ids: events.flatMap((event) => (event.type === "case" && event.reused ? [event.result.id] : [])),
        cohort,
      };
    };
    const first = await reused(cases);
    expect(first.ids).toEqual([]);
    const again = await reused(cases);
    expect(again.ids).toEqual(["one", "two"]); // what failed is tried again
    expect(again.cohort).toEqual(first.cohort);
    expect((await reused(cases, { resume: false })).ids).toEqual([]);
    expect((await reused(cases, { preset: "slice2d" })).ids).toEqual([]);
    expect((await reused(cases)).ids).toEqual([]); // those of slice2d stand there now
    expect((await reused([cases[0]!, cohortCase("two", 21)])).ids).toEqual(["one"]);
    store.files.set("one.json", store.files.get("one.json")!.subarray(0, 100));
    expect((await reused(cases.slice(0, 1))).ids).toEqual([]);
    const { fingerprint, ...unknown } = cases[0]!;
    expect((await reused([unknown])).ids).toEqual([]);
    expect(fingerprint).toBeDefined();
  });

  it("keeps infinite and undefined values in the store", async () => {
    const store = memoryStore();
    const cases = [cohortCase("same", 0)];
    const { cohort } = await run(cases, { store });
    const again = await run(cases, { store });
    expect(again.events[0]).toMatchObject({ reused: true });
    expect(again.cohort).toEqual(cohort);
    expect(cohort.scored[0]!.report.psnr.value).toBe(Number.POSITIVE_INFINITY);
    expect(cohort.scored[0]!.report.classes![0]!.min).toBe(Number.NEGATIVE_INFINITY);
  });

  it("can be cancelled, and keeps what is done", async () => {
    const store = memoryStore();
    const abort = new AbortController();
    const cases = [cohortCase("one", 10), cohortCase("two", 20), cohortCase("three", 30)];
    const onProgress = () => abort.abort();
    const error = await errorOf(run(cases, { store, signal: abort.signal, onProgress }));
    expect(error.kind).toBe("aborted");
    expect([...store.files.keys()]).toEqual(["one.json"]);
  });

  it("workers take as many cases at once as they say, and no more", async () => {
    let running = 0;
    let most = 0;
    const { evaluateCase } = await import("./evaluate-case.ts");
    const workers: EvaluateCohortOptions["workers"] = {
      size: 3,
      async evaluate(source, options) {
        most = Math.max(most, ++running);
        await new Promise((resume) => setTimeout(resume, 5 * (10 - Number(source.id))));
        running--;
        return evaluateCase(source, options);
      },
    };
    const cases = Array.from({ length: 8 }, (_, n) => cohortCase(String(n), n + 1));
    const { cohort } = await run(cases, { workers });
    expect(most).toBe(3);
    expect(cohort).toEqual((await run(cases)).cohort);
  });

  it("refuses no cases and ids that repeat", async () => {
    expect((await errorOf(run([]))).message).toBe("evaluateCohort: there are no cases");
    expect((await errorOf(run([cohortCase("a", 1), cohortCase("a", 2)]))).message).toMatch(
      /an id is there twice/,
    );
  });
});
