import { beforeAll, describe, expect, it } from "vitest";
import { phantomSubject } from "../../imaging/phantom/index.ts";
import { reorient, resample, shiftAffine, type Volume } from "../../imaging/volume/index.ts";
import { volumeRef } from "../../road/data/index.ts";
import { bestShift } from "./alignment.ts";
import { type CaseLook, judgeCohort, lookAtCase } from "./index.ts";

let mr: Volume;
let ct: Volume;
beforeAll(async () => {
  const made = await phantomSubject({ shape: [50, 58, 42], spacing: [4, 4, 4], seed: 3 });
  [mr, ct] = [made.inputs.t1!, made.ct];
}, 60_000);

async function look(one: { readonly mr?: Volume; readonly ct?: Volume; readonly mask?: Volume }, id = "a") {
  const mask = one.mask ? { mask: volumeRef(one.mask) } : {};
  const source = {
    id,
    inputs: { mr: volumeRef(one.mr ?? mr) },
    targets: { ct: volumeRef(one.ct ?? ct) },
    ...mask,
  };
  return (await lookAtCase(source, ["mr"])).look;
}

const moved = (volume: Volume, mm: readonly [number, number, number]) =>
  resample(
    volume.with({ affine: shiftAffine(volume.affine, mm.map((d) => d / 4) as unknown as typeof mm) }),
    {
      like: volume,
    },
  );

describe("lookAtCase", () => {
  it("finds nothing in a pair that fits, however it is stored, and measures it", async () => {
    const plain = await look({});
    expect(plain.findings).toEqual([]);
    expect(plain.facts.dice).toBeGreaterThan(0.95);
    expect(plain.facts.shift).toEqual([0, 0, 0]);
    const litres = (4 ** 3 * ct.values().filter((v) => v > -300).length) / 1e6;
    expect(plain.facts.ctLitres! / litres).toBeGreaterThan(0.95);
    expect(plain.facts.ctLitres! / litres).toBeLessThan(1.15); // holes are filled
    const turned = await look({ mr: reorient(mr, "PIL"), ct: reorient(ct, "PIL") });
    expect(turned.facts.images.mr!.digest).toBe(plain.facts.images.mr!.digest);
    expect({ ...turned.facts, images: {} }).toEqual({ ...plain.facts, images: {} });
  });

  it("measures by how much and where to the CT lies off", async () => {
    expect(bestShift(mr, moved(ct, [16, 0, 0])).mm).toEqual([16, 0, 0]);
    expect(bestShift(mr, moved(ct, [0, -12, 8])).mm).toEqual([0, -12, 8]);
    const { findings, facts } = await look({ ct: moved(ct, [0, 0, 12]) });
    expect(findings).toContainEqual(expect.objectContaining({ code: "misaligned", level: "bad" }));
    expect(facts.shift).toEqual([0, 0, 12]);
  });

  it("a mask leaves out what is not compared", async () => {
    const upper = (volume: Volume) => volume.values().map((v, i) => (i < 0.45 * volume.size ? 0 : v));
    const short = mr.with({ data: upper(mr) });
    expect((await look({ mr: short })).findings.map(({ code }) => code)).toContain("truncated");
    const mask = mr.with({
      data: upper(mr.with({ data: new Float32Array(mr.size).fill(1) })),
      unit: "unknown",
    });
    expect((await look({ mr: short, mask })).findings.filter(({ code }) => code === "truncated")).toEqual([]);
  });

  it("NaN is bad in the body and doubtful around it, an infinite voxel bad anywhere", async () => {
    const level = async (data: Float32Array) => (await look({ mr: mr.with({ data }) })).findings[0];
    const around = mr.values().map((v, i) => (i % 50 < 3 && v < 50 ? Number.NaN : v));
    expect(await level(around)).toMatchObject({ code: "not-finite", level: "doubtful" });
    const infinite = mr.values().map((v, i) => (i === 0 ? Number.POSITIVE_INFINITY : v));
    expect(await level(infinite)).toMatchObject({ code: "not-finite", level: "bad" });
  });
});

describe("judgeCohort", () => {
  const facts = (seed: number, change: Partial<CaseLook["facts"]> = {}): CaseLook["facts"] => ({
    simulated: true,
    ctLitres: 3 + 0.05 * (seed % 5),
    images: {
      mr: {
        shape: [100, 100, 100],
        spacing: [1, 1, 1],
        orientation: "RAS",
        range: [0, 1],
        nonFinite: 0,
        digest: `digest ${seed}`,
        signature: Array.from({ length: 1000 }, (_, n) => (n * 7919 * (seed + 1)) % 251),
      },
    },
    ...change,
  });
  const lookOf = (seed: number, about: Partial<CaseLook> = {}): CaseLook => ({
    id: `case ${String(seed).padStart(2, "0")}`,
    facts: facts(seed),
    findings: [],
    ...about,
  });
  const cohort = Array.from({ length: 12 }, (_, n) => lookOf(n));
  const codes = (found: ReturnType<typeof judgeCohort>, id: string) =>
    found.get(id)!.map(({ code, level }) => `${code} ${level}`);

  it("says of a case that is unlike the others what is unlike, and nothing of small cohorts", () => {
    const odd = lookOf(20, { facts: facts(20, { ctLitres: 9 }) });
    expect(codes(judgeCohort([...cohort, odd]), odd.id)).toEqual(["outlier doubtful"]);
    expect(judgeCohort([...cohort, odd]).get(odd.id)![0]!.what).toBe(
      "body in the CT is 9 L, of the cohort 3.1 L",
    );
    expect(codes(judgeCohort([...cohort.slice(0, 5), odd]), odd.id)).toEqual([]);
    for (const { id } of cohort) expect(codes(judgeCohort(cohort), id)).toEqual([]);
  });

  it("the same images twice: the first stays; nearly the same: too; of one patient: doubtful", () => {
    const again = lookOf(3, { id: "copy" });
    const found = judgeCohort([again, ...cohort], (id) => (id === "copy" ? "test" : "train"));
    expect(codes(found, "copy")).toEqual(["duplicate bad"]);
    expect(found.get("copy")![0]!.what).toContain("two parts of the split, train and test");
    expect(codes(found, "case 03")).toEqual([]);
    const { mr: image } = facts(3).images;
    const noisy = { ...image!, digest: "other", signature: image!.signature.map((v, n) => v + (n % 2)) };
    const near = lookOf(3, { id: "near", facts: facts(3, { images: { mr: noisy } }) });
    expect(codes(judgeCohort([...cohort, near]), "near")).toEqual(["duplicate bad"]);
    const visits = [lookOf(3, { patient: "p" }), lookOf(3, { id: "visit 2", patient: "p" })];
    expect(codes(judgeCohort(visits), "visit 2")).toEqual(["duplicate doubtful"]);
  });

  it("one image shared and the other not: both are set aside", () => {
    const [a, b] = [0, 1].map((seed) => {
      const { mr: image } = facts(seed).images;
      const ctImage = { ...image!, digest: "same ct", signature: facts(9).images.mr!.signature };
      return lookOf(seed, { facts: facts(seed, { images: { mr: image!, ct: ctImage } }) });
    }) as [CaseLook, CaseLook];
    const found = judgeCohort([a, b]);
    expect([codes(found, a.id), codes(found, b.id)]).toEqual([["duplicate bad"], ["duplicate bad"]]);
  });
});
