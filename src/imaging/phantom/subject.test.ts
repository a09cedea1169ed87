import { beforeAll, describe, expect, it } from "vitest";
import { bodyMask, type Volume } from "../volume/index.ts";
import { parametricHead } from "./head.ts";
import { type PhantomSubject, phantomSubject } from "./subject.ts";
import { HEAD_TISSUES, HeadLabel } from "./tissues.ts";

const isBone = (label: number) => HEAD_TISSUES[label]!.bone === true;
const where = (subject: PhantomSubject, test: (label: number) => boolean, volume: Volume): number[] => {
  const out: number[] = [];
  const values = volume.values();
  for (let i = 0; i < values.length; i++) if (test(subject.labels.data[i]!)) out.push(values[i]!);
  return out;
};
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const sd = (values: readonly number[]) => {
  const m = mean(values);
  return Math.sqrt(mean(values.map((v) => (v - m) ** 2)));
};

function dice(a: PhantomSubject, b: PhantomSubject, test: (label: number) => boolean): number {
  let both = 0;
  let sum = 0;
  for (let i = 0; i < a.labels.size; i++) {
    const [p, q] = [test(a.labels.data[i]!), test(b.labels.data[i]!)];
    both += p && q ? 1 : 0;
    sum += (p ? 1 : 0) + (q ? 1 : 0);
  }
  return (2 * both) / sum;
}

describe("phantomSubject", () => {
  let subjects: PhantomSubject[] = [];
  beforeAll(async () => {
    const contrasts = ["t1", "t2", "flair", "pd"] as const;
    subjects = await Promise.all(
      [0, 1, 2, 3].map((subject) => phantomSubject({ seed: 7, subject, contrasts })),
    );
  });

  it("gives MR, CT and labels on one grid, all flagged simulated", () => {
    for (const { inputs, ct, labels, id } of subjects) {
      expect(id).toMatch(/^phantom-00[0-3]$/);
      expect(Object.keys(inputs)).toEqual(["t1", "t2", "flair", "pd"]);
      for (const volume of [...Object.values(inputs), ct, labels]) {
        expect(volume.simulated).toBe(true);
        expect(volume.shape).toEqual([96, 112, 80]);
        expect(volume.affine).toEqual(ct.affine);
      }
      expect(ct.unit).toBe("HU");
      expect(inputs.t1!.unit).toBe("arbitrary");
    }
  });

  it("gives the same bits for the same seed and subject", async () => {
    const again = await phantomSubject({ seed: 7, subject: 1, contrasts: ["t1"] });
    const bytes = ({ data }: Volume) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const first = subjects[1]!;
    expect(bytes(again.ct).equals(bytes(first.ct))).toBe(true);
    expect(bytes(again.labels).equals(bytes(first.labels))).toBe(true);
    expect(bytes(again.inputs.t1!).equals(bytes(first.inputs.t1!))).toBe(true);
  });

  it("every tissue is there, in sane amounts", () => {
    for (const subject of subjects) {
      const counts = new Array<number>(HEAD_TISSUES.length).fill(0);
      for (let i = 0; i < subject.labels.size; i++) counts[subject.labels.data[i]!]!++;
      const ml = (...labels: number[]) =>
        subject.labels.voxelMl * labels.reduce((sum, label) => sum + counts[label]!, 0);
      for (let label = 1; label < HEAD_TISSUES.length; label++)
        if (label !== HeadLabel.lens && label !== HeadLabel.opticNerve) expect(ml(label)).toBeGreaterThan(2);
      const { greyMatter, whiteMatter, deepGrey, cerebellarGrey, cerebellarWhite, brainStem } = HeadLabel;
      const brain = ml(greyMatter, whiteMatter, deepGrey, cerebellarGrey, cerebellarWhite, brainStem);
      expect(brain).toBeGreaterThan(750);
      expect(brain).toBeLessThan(1600);
      expect(ml(HeadLabel.ventricle)).toBeGreaterThan(8);
    }
  });

  it("the head lies inside the field of view: air at the sides, the back and the top", () => {
    for (const { ct, labels } of subjects) {
      const [nx, ny, nz] = ct.shape;
      let outside = 0;
      for (let i = 0; i < labels.size; i++) {
        const [x, y, z] = [i % nx, Math.floor(i / nx) % ny, Math.floor(i / (nx * ny))];
        if ((x === 0 || x === nx - 1 || y === 0 || z === nz - 1) && labels.data[i] !== HeadLabel.air)
          outside++;
      }
      expect(outside).toBe(0);
    }
  });

  it("subjects differ: skulls overlap by less than a Dice of 0.8, brains by less than 0.97", () => {
    const brain = (label: number) => label >= HeadLabel.csf && label <= HeadLabel.brainStem;
    for (let a = 0; a < subjects.length; a++)
      for (let b = a + 1; b < subjects.length; b++) {
        expect(dice(subjects[a]!, subjects[b]!, isBone)).toBeLessThan(0.8);
        expect(dice(subjects[a]!, subjects[b]!, brain)).toBeLessThan(0.97);
      }
  });

  it("CT noise in the brain is at least 8 HU, and bone HU differs by subject and place", () => {
    const bones: number[] = [];
    for (const subject of subjects) {
      const white = where(subject, (label) => label === HeadLabel.whiteMatter, subject.ct);
      expect(sd(white)).toBeGreaterThan(8);
      expect(mean(white)).toBeGreaterThan(18);
      expect(mean(white)).toBeLessThan(40);
      const bone = where(subject, (label) => label === HeadLabel.corticalBone, subject.ct);
      bones.push(mean(bone));
      expect(sd(bone)).toBeGreaterThan(150);
    }
    expect(Math.max(...bones) - Math.min(...bones)).toBeGreaterThan(100);
  });

  it("brain contrast has the right order on every sequence", () => {
    for (const subject of subjects) {
      const level = (contrast: string, label: number) =>
        mean(where(subject, (l) => l === label, subject.inputs[contrast]!));
      const { whiteMatter, greyMatter, ventricle } = HeadLabel;
      expect(level("t1", whiteMatter)).toBeGreaterThan(level("t1", greyMatter));
      expect(level("t1", greyMatter)).toBeGreaterThan(level("t1", ventricle));
      expect(level("t2", ventricle)).toBeGreaterThan(level("t2", greyMatter));
      expect(level("t2", greyMatter)).toBeGreaterThan(level("t2", whiteMatter));
      expect(level("flair", ventricle)).toBeLessThan(0.5 * level("flair", whiteMatter));
    }
  });

  it("intensity alone cannot tell bone from air: both are dark on T1w", () => {
    for (const subject of subjects) {
      const white = mean(where(subject, (l) => l === HeadLabel.whiteMatter, subject.inputs.t1!));
      for (const label of [HeadLabel.air, HeadLabel.innerAir, HeadLabel.denseBone])
        expect(mean(where(subject, (l) => l === label, subject.inputs.t1!))).toBeLessThan(0.3 * white);
    }
  });

  it("has a body that the CT mask finds, with bone inside", () => {
    const { ct, labels } = subjects[0]!;
    const body = bodyMask(ct);
    let inside = 0;
    let bone = 0;
    for (let i = 0; i < labels.size; i++)
      if (isBone(labels.data[i]!)) {
        bone++;
        inside += body.data[i]!;
      }
    expect(inside / bone).toBeGreaterThan(0.999);
  });

  it("takes other grids, and stops when told to", async () => {
    const small = await phantomSubject({ seed: 7, subject: 1, shape: [40, 48, 20], spacing: [5, 5, 8] });
    expect(small.ct.shape).toEqual([40, 48, 20]);
    expect(small.ct.spacing).toEqual([5, 5, 8]);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    await expect(phantomSubject({ seed: 7, signal: controller.signal })).rejects.toThrow(/cancelled/);
  });
});

describe("parametricHead", () => {
  it("is the same head on a coarser grid", async () => {
    const fine = await parametricHead({ seed: 3, subject: 2, shape: [96, 112, 80], spacing: [2, 2, 2] });
    const coarse = await parametricHead({ seed: 3, subject: 2, shape: [48, 56, 40], spacing: [4, 4, 4] });
    const share = (volume: Volume, label: number) => {
      let count = 0;
      for (let i = 0; i < volume.size; i++) if (volume.data[i] === label) count++;
      return count * volume.voxelMl;
    };
    for (const label of [HeadLabel.whiteMatter, HeadLabel.diploe, HeadLabel.muscle]) {
      expect(share(coarse, label) / share(fine, label)).toBeGreaterThan(0.85);
      expect(share(coarse, label) / share(fine, label)).toBeLessThan(1.15);
    }
  });

  it("refuses bad options", async () => {
    await expect(parametricHead({ seed: 1, shape: [0, 2, 2] })).rejects.toThrow(/positive integers/);
    await expect(parametricHead({ seed: 1, subject: -1 })).rejects.toThrow(/subject/);
  });
});
