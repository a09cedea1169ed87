import { assert, type Warning } from "../../../base/errors/index.ts";
import type { VolumeFormat } from "../../../imaging/formats/index.ts";
import type { Volume } from "../../../imaging/volume/index.ts";
import { writeVolume } from "../../node/index.ts";
import { checkOutputVolume } from "./outputs.ts";
import { STANDARD, standardOutput } from "./standard-streams.ts";

/** Where a volume goes. */
export interface VolumeTarget {
  /** @param options `model`: its name, for DICOM's derivation description; `onWarning` takes what is doubtful about what was written */
  write(
    volume: Volume,
    options: {
      readonly model?: string;
      readonly onWarning: (warning: Warning) => void;
      readonly signal?: AbortSignal;
    },
  ): Promise<void>;
}

/**
 * A file whose extension says the format, or standard output for "-". Refuses what can't be written, before any work.
 *
 * @param options `inputs`: files that must not be written over; `format`: what `--format` says
 */
export async function volumeTarget(
  out: string,
  { inputs, format }: { readonly inputs: readonly string[]; readonly format?: string },
  formats: readonly VolumeFormat[],
): Promise<VolumeTarget> {
  if (out === STANDARD) return standardOutput(format, formats);
  assert(format === undefined, 'is for "-", standard output', {
    where: "--format",
    hint: "leave it out: the extension of <out> says the format",
  });
  await checkOutputVolume(out, inputs, formats);
  return { write: (volume, { signal }) => writeVolume(out, volume, { formats, signal }) };
}
