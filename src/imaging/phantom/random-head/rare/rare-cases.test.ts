import { describe, expect, it } from "vitest";
import { Volume } from "../../../volume/index.ts";
import {
  HEAD_CLASSES,
  headMap,
  NO_RARE_CASES,
  type RandomHead,
  type RareCases,
  randomHead,
} from "../index.ts";

const N = 96;

/** Shells of 2 mm voxels: deep grey about ventricles, white, grey, fluid, bone, soft tissue, skin; cerebellum below, two eyes ahead, a jaw below them. */
function ball(): Volume {
  const data = new Int16Array(N ** 3);
  const near = (x: number, y: number, z: number, r: number) => Math.hypot(x, y, z) < r;
  let v = 0;
  for (let k = 0; k < N; k++)
    for (let j = 0; j < N; j++)
      for (let i = 0; i < N; i++, v++) {
        const [x, y, z] = [2 * (i - 48), 2 * (j - 48), 2 * (k - 48)];
        const mm = Math.hypot(x, y, z);
        const brain = mm < 12 ? 4 : mm < 20 ? 10 : mm < 40 ? 2 : 3;
        data[v] =
          mm < 50 ? (z < -35 ? 8 : brain) : mm < 54 ? 24 : mm < 62 ? 515 : mm < 84 ? 507 : mm < 88 ? 511 : 0;
        if (near(Math.abs(x) - 20, y - 72, z + 10, 7)) data[v] = 506;
        if (Math.abs(x) < 26 && y > 48 && y < 60 && z < -55 && z > -68 && mm < 86) data[v] = 515;
      }
  return new Volume({
    shape: [N, N, N],
    data,
    affine: [2, 0, 0, -96, 0, 2, 0, -96, 0, 0, 2, -96, 0, 0, 0, 1],
  });
}

const MAP = headMap(ball());
const GRID = { shape: [48, 48, 48], spacing: [4, 4, 4] } as const;
const SEEDS = ["a", "b", "c", "d"];
const draw = (seed: string, rare?: Partial<RareCases>) => randomHead(MAP, { seed, rare, ...GRID });
const only = (name: keyof RareCases) => ({ ...NO_RARE_CASES, [name]: 1 });
const plain = await Promise.all(SEEDS.map((seed) => draw(seed, NO_RARE_CASES)));
/** Heads with a case, each beside itself without it. */
const pairs = (name: keyof RareCases) =>
  Promise.all(SEEDS.map(async (seed, n) => [plain[n]!, await draw(seed, only(name))] as const));
/** Whether all that they show is the same to the bit: `toEqual` takes seconds for as many numbers. */
function same(
  a: RandomHead,
  b: RandomHead,
  ...parts: readonly ("mr" | "ct" | "classes" | "covered")[]
): boolean {
  const bytes = ({ data }: Volume) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return parts.every((part) => bytes(a[part]).equals(bytes(b[part])));
}
const count = (volume: Volume, is: (value: number) => boolean) => volume.values().filter(is).length;
/** Means of MR, CT, classes and coverage of each seed by the generator before it knew any rare case (commit c213f51). */
const BEFORE = [
  [15.107950887043835, -455.89268196088915, 1.4210883246527777, 0.9375],
  [11.430726003347868, -517.0898977865768, 1.2442672164351851, 0.6905381944444444],
  [492.1541549832613, -587.0221158078796, 1.1101255063657407, 1],
  [2.5740891883622603, -632.7315982037627, 1.0064380787037037, 0.6458333333333334],
];
const BONE = [HEAD_CLASSES.indexOf("cortical"), HEAD_CLASSES.indexOf("spongy")];
const bone = ({ classes }: RandomHead) => count(classes, (n) => BONE.includes(n));

describe("rare cases", () => {
  it("leave a head that has none as it was before there were any", async () => {
    const without = [];
    for (const [n, seed] of SEEDS.entries()) {
      expect(plain[n]!.rare).toEqual([]);
      const usual = await draw(seed);
      if (usual.rare.length > 0) continue;
      without.push(seed);
      expect(same(usual, plain[n]!, "mr", "ct", "classes", "covered")).toBe(true);
    }
    expect(without).not.toEqual([]);
    const mean = ({ data }: Volume) =>
      [...data].reduce<number>((sum, value) => sum + Number(value), 0) / data.length;
    plain.forEach(({ mr, ct, classes, covered }, n) => {
      [mr, ct, classes, covered].forEach((volume, m) => {
        expect(mean(volume) / BEFORE[n]![m]!).toBeCloseTo(1, 9);
      });
    });
  });

  it("are the same for a seed, and move nothing else of a head", async () => {
    const again = await draw("a", only("boneFlap"));
    expect(same(await draw("a", only("boneFlap")), again, "mr", "ct", "classes")).toBe(true);
    const both = await draw("a", { ...only("boneFlap"), silence: 1 });
    expect(both.rare).toEqual(["boneFlap", "silence"]);
    expect(same(both, again, "ct", "classes")).toBe(true);
    expect([again.sequence, same(again, plain[0]!, "covered")]).toEqual([plain[0]!.sequence, true]);
    const [a, b] = [again.ct.data, plain[0]!.ct.data];
    expect([...a].filter((hu, v) => hu !== b[v]).length).toBeLessThan(0.1 * a.length);
  });

  it("burr holes, a craniectomy: bone goes, and no air comes", async () => {
    for (const name of ["burrHoles", "craniectomy"] as const)
      for (const [before, rare] of await pairs(name)) {
        const covers = count(rare.ct, (hu) => hu > 2500);
        expect(bone(rare) - covers, name).toBeLessThan(bone(before));
        const opened = count(
          before.classes.with({
            data: before.classes.data.map((n, v) => (BONE.includes(n) && rare.classes.data[v] === 0 ? 1 : 0)),
          }),
          Boolean,
        );
        expect(opened).toBeLessThan(20); // where the skin sank in
      }
  });

  it("a bone flap is held by titanium: clipped in the CT, dark in the MR", async () => {
    for (const [, rare] of await pairs("boneFlap")) {
      const metal = [...rare.ct.data.keys()].filter((v) => rare.ct.data[v]! > 3000);
      expect(metal.length).toBeGreaterThan(3);
      expect(metal.every((v) => rare.ct.data[v] === 3071 || rare.ct.data[v]! < 3071)).toBe(true);
      const bright = rare.mr.values().reduce((most, value) => Math.max(most, value), 0);
      const mean = metal.reduce((sum, v) => sum + Number(rare.mr.data[v]), 0) / metal.length;
      expect(mean).toBeLessThan(0.4 * bright);
    }
  });

  it("a cranioplasty changes some 10 mL of a head or more", async () => {
    for (const [before, rare] of await pairs("cranioplasty"))
      expect(
        [...rare.ct.data].filter((hu, v) => Math.abs(hu - before.ct.data[v]!) > 20).length,
      ).toBeGreaterThan(150);
  });

  it("metal in teeth lies in the jaw, a lead in the brain", async () => {
    const teeth = (await pairs("dental")).map(([before, rare]) => {
      const changed = [...rare.ct.data.keys()].filter((v) => rare.ct.data[v] !== before.ct.data[v]);
      expect(changed.every((v) => v < rare.ct.size / 2)).toBe(true); // the lower half comes first
      return changed.some((v) => rare.ct.data[v]! > 2000);
    });
    expect(teeth).toContain(true); // in a turned head they may be cut off
    const white = HEAD_CLASSES.indexOf("white");
    const leads = (await pairs("lead")).map(([before, rare]) =>
      rare.classes.data.some((n, v) => n !== white && before.classes.data[v] === white),
    );
    expect(leads.filter(Boolean).length).toBeGreaterThan(2);
  });

  it("hair is in the CT's air alone, silence and motion in the MR alone", async () => {
    for (const [before, rare] of await pairs("hair")) {
      expect(same(before, rare, "mr", "classes")).toBe(true);
      const hair = [...rare.ct.data.keys()].filter((v) => rare.ct.data[v] !== before.ct.data[v]);
      expect(hair.length).toBeGreaterThan(100);
      expect(hair.every((v) => rare.classes.data[v] === 0 && rare.ct.data[v]! < -300)).toBe(true);
    }
    for (const name of ["silence", "motion"] as const)
      for (const [before, rare] of await pairs(name)) {
        expect(same(before, rare, "ct", "classes")).toBe(true);
        expect(same(before, rare, "mr")).toBe(false);
        const zeros = (one: RandomHead) => count(one.mr, (value) => value === 0);
        if (name === "silence") expect(zeros(rare)).toBeGreaterThan(zeros(before));
      }
  });

  it("a neck ends higher, a skull is thicker or thinner", async () => {
    const necks = (await pairs("neck")).map(
      ([before, rare]) => count(before.classes, Boolean) - count(rare.classes, Boolean),
    );
    expect(necks.every((less) => less >= 0) && necks.some((less) => less > 50)).toBe(true);
    const skulls = (await pairs("thickness")).map(([before, rare]) => bone(rare) / bone(before));
    expect(skulls.every((ratio) => ratio > 0.5 && ratio < 1.6)).toBe(true);
    expect(skulls.some((ratio) => Math.abs(ratio - 1) > 0.05)).toBe(true);
  });

  it("refuses what is no case or no share", async () => {
    await expect(draw("a", { wig: 1 } as Partial<RareCases>)).rejects.toThrow(
      "rare.wig: is no rare case; known are burrHoles",
    );
    await expect(draw("a", { hair: 2 })).rejects.toThrow("rare.hair: needs a share from 0 to 1, got 2");
  });
});
