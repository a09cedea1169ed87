import { assert } from "../../base/errors/index.ts";
import type { VolumeFormat } from "../../imaging/formats/index.ts";
import type { Volume } from "../../imaging/volume/index.ts";
import { type Check, type CheckOptions, type ContractReport, runChecks } from "./checks.ts";
import { type FormatFile, FormatLab, smallVolumes } from "./format/lab.ts";
import { REFUSAL_CHECKS } from "./format/refusal-checks.ts";
import { WHOLE_CHECKS } from "./format/whole-checks.ts";

const CHECKS: readonly Check<FormatLab, FormatCheckName>[] = [...WHOLE_CHECKS, ...REFUSAL_CHECKS];

/**
 * What {@link testFormat} checks, in this order:
 *
 * - `description`: name and extensions
 * - `sniff`: knows its own files, and refuses empty, random and other formats' bytes
 * - `roundTrip`: volumes of every type of voxel, with awkward affines, come back as they were; types may be refused
 * - `files`: the files given are read, and hold what they should
 * - `repeatable`: reading twice gives the same and leaves the bytes alone
 * - `truncated`: a cut file, or one without its companions, is refused and never read in part
 * - `damaged`: flipped bits give a `MidashError` or a volume that the file can hold; no other error, no hanging
 * - `limits`, `frames`, `signal`: the options of `read`
 */
export type FormatCheckName =
  | "description"
  | "sniff"
  | "roundTrip"
  | "files"
  | "repeatable"
  | "truncated"
  | "damaged"
  | "limits"
  | "frames"
  | "signal";

/** Options of {@link testFormat}. */
export interface TestFormatOptions extends CheckOptions<FormatCheckName> {
  /** Volumes to write and read. Default: small ones of every type of voxel. */
  readonly volumes?: readonly Volume[];
  /** Files that other programs wrote: without them only the format's own writer vouches for its reader. Default none. */
  readonly files?: readonly FormatFile[];
}

/**
 * Checks that a file format keeps the contract of {@link VolumeFormat}, through `decodeVolume` and `encodeVolume`. Needs no test
 * runner: it throws when a check fails.
 *
 * @example
 * test("contract", () => testFormat(nrrd, { files: [{ name: "slicer.nrrd", bytes, volume }] }));
 *
 * @throws MidashError that lists every failed check; its `cause` is the {@link ContractReport}. `aborted`
 */
export async function testFormat(
  format: VolumeFormat,
  options: TestFormatOptions = {},
): Promise<ContractReport> {
  for (const method of ["sniff", "read"] as const)
    assert(typeof format?.[method] === "function", `a format needs ${method}()`, { where: "testFormat" });
  const { volumes = smallVolumes(), files = [], signal } = options;
  assert(volumes.length > 0, "volumes is empty", {
    where: "testFormat",
    hint: "leave it out for small ones",
  });
  const lab = new FormatLab({ format, volumes, files, signal });
  return runChecks(format.name, CHECKS, lab, options);
}
