import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodeVolume } from "../src/imaging/formats/index.ts";
import { simulateFromLabels, tissueTableForHeadLabels } from "../src/imaging/phantom/index.ts";
import { orientationOf } from "../src/imaging/volume/index.ts";

const path = new URL("../../shared/data/heads/head_01.nii.gz", import.meta.url);
const here = existsSync(path);

describe.skipIf(!here)(
  `real head label maps${here ? "" : " (skipped: the maps are not beside the repository)"}`,
  () => {
    it("simulates MR and CT at 2 mm from a 1 mm map in LIA", async () => {
      const map = await decodeVolume(readFileSync(path));
      expect(orientationOf(map.affine)).toBe("LIA");
      const { inputs, ct, labels } = await simulateFromLabels(map, tissueTableForHeadLabels(), {
        seed: 1,
        contrasts: ["t1", "t2"],
        spacing: [2, 2, 2],
        boneDensity: 1,
      });
      expect(ct.shape).toEqual([128, 128, 128]);
      expect(orientationOf(ct.affine)).toBe("RAS");
      expect(ct.simulated).toBe(true);
      const mean = (volume: typeof ct, label: number) => {
        let sum = 0;
        let count = 0;
        for (let i = 0; i < labels.size; i++)
          if (labels.data[i] === label) {
            sum += volume.data[i]!;
            count++;
          }
        return sum / count;
      };
      expect(mean(ct, 2)).toBeGreaterThan(20); // white matter
      expect(mean(ct, 2)).toBeLessThan(40);
      expect(mean(ct, 515)).toBeGreaterThan(700); // cortical bone, thinned by partial volume
      expect(mean(inputs.t1!, 2)).toBeGreaterThan(mean(inputs.t1!, 3));
      expect(mean(inputs.t2!, 4)).toBeGreaterThan(mean(inputs.t2!, 3));
    });
  },
);
