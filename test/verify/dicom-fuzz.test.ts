// A small slice of `npm run verify:dicom`.
import { expect, test } from "vitest";
import { fuzzDicom } from "./dicom-fuzz.ts";

test("damaged DICOM files give a volume or a MidashError, soon and within limits", {
  timeout: 120_000,
}, async () => {
  const counts = await fuzzDicom(600, "test");
  expect(counts).toMatchObject({ untagged: [], slow: 0, overLimit: 0 });
  expect(counts.read).toBeGreaterThan(20);
  expect(counts.refused).toBeGreaterThan(100);
});
