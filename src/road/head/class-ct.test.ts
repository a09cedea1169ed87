import { expect, it } from "vitest";
import { HEAD_CLASSES, type HeadClass } from "../../imaging/phantom/index.ts";
import { Volume } from "../../imaging/volume/index.ts";
import { ctOfClasses } from "./class-ct.ts";
import { CLASS_HU, type Probability } from "./class-maps.ts";

it("gives air, soft tissue or bone by the median of what a voxel may be, and the mean of its classes in it", () => {
  const voxels: readonly {
    readonly may: Partial<Record<HeadClass, number>>;
    readonly ct: number;
    readonly hu: number;
  }[] = [
    { may: { background: 0.3, cavity: 0.25, cortical: 0.45 }, ct: 200, hu: CLASS_HU.background },
    { may: { cortical: 0.3, spongy: 0.3, csf: 0.4 }, ct: 250, hu: (CLASS_HU.cortical + CLASS_HU.spongy) / 2 },
    { may: { background: 0.4, csf: 0.2, cortical: 0.4 }, ct: -100, hu: CLASS_HU.csf }, // soft tissue lies in the middle
    { may: { grey: 0.5, white: 0.5 }, ct: 300, hu: (CLASS_HU.grey + CLASS_HU.white) / 2 },
    { may: { fat: 0.6, soft: 0.4 }, ct: -70, hu: -70 }, // the network's
    { may: { fat: 1 }, ct: 700, hu: 100 }, // no fat is as dense as that
    { may: { soft: 0.5, csf: 0.5 }, ct: 60, hu: (60 + CLASS_HU.csf) / 2 },
  ];
  const shape = [voxels.length, 1, 1] as const;
  const volume = (of: (voxel: (typeof voxels)[number]) => number, unit: "HU" | "unknown") =>
    new Volume({ shape, data: Float32Array.from(voxels, of), unit });
  const probability = Object.fromEntries(
    HEAD_CLASSES.map((name) => [name, volume(({ may }) => may[name] ?? 0, "unknown")]),
  ) as Probability;
  const given = volume(({ ct }) => ct, "HU");
  const made = ctOfClasses(given, probability).values();
  for (const [n, { hu }] of voxels.entries()) expect(made[n]).toBeCloseTo(hu, 3);
  expect(given.values()[0]).toBe(200); // what was given is as it was
});
