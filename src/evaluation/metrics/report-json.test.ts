import { expect, it } from "vitest";
import { rebuild } from "../../../test/fixtures/metrics/rebuild.ts";
import { Metrics, parseReport, stringifyReport } from "./index.ts";

it("reports come back as they were, with what is not finite", async () => {
  const { prediction, reference, mask } = rebuild([20, 20, 6], 3);
  for (const preset of ["synthrad2023", "synthrad2025", "monai", "slice2d"] as const)
    for (const sct of [prediction, reference]) {
      const report = await Metrics.evaluate(sct, reference, { preset, mask });
      expect(parseReport(stringifyReport(report)), preset).toEqual(report);
    }
});

it("refuses what is no report", () => {
  expect(() => parseReport("{")).toThrow(/is no JSON/);
  for (const text of ["null", "3", "[]", "{}"]) expect(() => parseReport(text)).toThrow(/it has no preset/);
  expect(() => parseReport('{"preset":"slice2d","mae":{"value":null}}')).toThrow(/mae is missing/);
});
