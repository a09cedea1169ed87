import { afterEach, expect, it, vi } from "vitest";
import { errorOf } from "../../../../test/support/error-of.ts";
import { nifti } from "../../../imaging/formats/index.ts";
import { standardOutput, volumeReader } from "./standard-streams.ts";

afterEach(() => vi.unstubAllGlobals());

it("refuses a terminal at either end", async () => {
  vi.stubGlobal("process", { ...process, stdin: { isTTY: true }, stdout: { isTTY: true } });
  const [input, output] = [volumeReader("-"), standardOutput(undefined, [nifti])];
  for (const [error, where] of [
    [await errorOf(input), "standard input"],
    [await errorOf(output), "standard output"],
  ] as const)
    expect([error.kind, error.where, /is a terminal/.test(error.message)]).toEqual([
      "invalid-argument",
      where,
      true,
    ]);
});
