import { describe, expect, it } from "vitest";
import { CONTRASTS, inversionRecovery, nullingTime, signalOf, spinEcho } from "./contrast.ts";
import { HEAD_TISSUES, HeadLabel } from "./tissues.ts";

describe("signal equations", () => {
  it("spin echo equals the value worked out by hand", () => {
    // PD 0.8, TR = T1: 1 - 1/e = 0.6321206; TE = T2 ln 2: one half. 0.8 · 0.6321206 / 2 = 0.2528482
    expect(spinEcho({ t1: 700, t2: 80, pd: 0.8 }, { tr: 700, te: 80 * Math.LN2 })).toBeCloseTo(0.2528482, 7);
    // No waiting, no signal; full recovery and no echo time, PD itself.
    expect(spinEcho({ t1: 700, t2: 80, pd: 0.8 }, { tr: 0, te: 10 })).toBe(0);
    expect(spinEcho({ t1: 700, t2: 80, pd: 0.8 }, { tr: 1e6, te: 0 })).toBeCloseTo(0.8, 12);
  });

  it("inversion recovery is negative before the null point, zero at it, positive after", () => {
    const water = { t1: 1000, t2: 1e9, pd: 1 };
    // TI = 0: 1 - 2 + e^-3 = -0.9502129
    expect(inversionRecovery(water, { tr: 3000, te: 0, ti: 0 })).toBeCloseTo(-0.9502129, 7);
    expect(inversionRecovery(water, { tr: 3000, te: 0, ti: nullingTime(1000, 3000) })).toBeCloseTo(0, 12);
    // TI = T1, TR very long: 1 - 2/e = 0.2642411
    expect(inversionRecovery(water, { tr: 1e9, te: 0, ti: 1000 })).toBeCloseTo(0.2642411, 7);
    expect(nullingTime(1000, 1e9)).toBeCloseTo(1000 * Math.LN2, 9);
  });

  it("a tissue without T2 gives no signal", () => {
    expect(spinEcho(HEAD_TISSUES[HeadLabel.air]!, { tr: 500, te: 10 })).toBe(0);
  });
});

describe("contrasts of the head's tissues", () => {
  const of = (label: number, contrast: keyof typeof CONTRASTS) =>
    Math.abs(signalOf(HEAD_TISSUES[label]!, CONTRASTS[contrast]));
  const { csf, greyMatter, whiteMatter, fat, corticalBone, air } = HeadLabel;

  it("T1w: fat > white > grey > CSF", () => {
    expect(of(fat, "t1")).toBeGreaterThan(of(whiteMatter, "t1"));
    expect(of(whiteMatter, "t1")).toBeGreaterThan(1.1 * of(greyMatter, "t1"));
    expect(of(greyMatter, "t1")).toBeGreaterThan(1.5 * of(csf, "t1"));
  });

  it("T2w and PDw: CSF > grey > white", () => {
    for (const contrast of ["t2", "pd"] as const) {
      expect(of(csf, contrast)).toBeGreaterThan(of(greyMatter, contrast));
      expect(of(greyMatter, contrast)).toBeGreaterThan(of(whiteMatter, contrast));
    }
  });

  it("FLAIR: CSF is nulled, grey > white", () => {
    expect(of(csf, "flair")).toBeLessThan(0.01 * of(greyMatter, "flair"));
    expect(of(greyMatter, "flair")).toBeGreaterThan(of(whiteMatter, "flair"));
  });

  it("cortical bone is as dark as air on all of them", () => {
    for (const contrast of ["t1", "t2", "flair", "pd"] as const) {
      expect(of(air, contrast)).toBe(0);
      expect(of(corticalBone, contrast)).toBeLessThan(1e-6);
    }
  });
});
