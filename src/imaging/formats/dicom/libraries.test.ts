import { expect, it, vi } from "vitest";
import { errorOf } from "../../../../test/support/error-of.ts";
import { dicom } from "./index.ts";

vi.mock("dicom-parser", () => {
  throw new Error("Cannot find package 'dicom-parser'");
});

it("says which package to install", async () => {
  const bytes = new Uint8Array(200);
  bytes.set(new TextEncoder().encode("DICM"), 128);
  const error = await errorOf(dicom.read({ bytes }));
  expect(error.kind).toBe("missing-package");
  expect(error.message).toBe(
    "dicom-parser: the package dicom-parser is not installed, or does not load: DICOM files are read with it; npm install dicom-parser",
  );
});
