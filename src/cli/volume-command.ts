import type { Command } from "commander";
import { writeVolume } from "../node/index.ts";
import { describeGrid, orientationOf, type Unit, type Volume } from "../volume/index.ts";
import { type Context, JSON_OPTION } from "./command.ts";
import { assertFrameUsed, FRAME_OPTION, frameOf, type ReadOptions, readAny } from "./inputs.ts";
import { oneOf } from "./options.ts";
import { checkOutputVolume } from "./outputs.ts";
import { CONFIG_OPTIONS, type ConfigOptions, setupOf } from "./setup.ts";

/** Options that every command from volume to volume has. */
export interface VolumeOptions extends ConfigOptions {
  readonly unit?: string;
  readonly frame?: string;
  readonly json?: boolean;
}

/** Arguments and options of a command that makes one volume of another. */
export function fromVolumeToVolume(command: Command): Command {
  return command
    .argument("<in>", "the volume to read, of any format; its content says which")
    .argument("<out>", "the volume to write; its extension says in which format")
    .option("--unit <name>", "what the values mean: HU, arbitrary or unknown (default: as the file says)")
    .option(...FRAME_OPTION)
    .option(...CONFIG_OPTIONS[0])
    .option(...CONFIG_OPTIONS[1])
    .option(...JSON_OPTION);
}

/** What a command does to a volume, and what it has to say of that. */
export interface Changed {
  readonly volume: Volume;
  /** In words, for people: "reoriented from LPS". */
  readonly how: string;
}

/**
 * Reads, changes, writes, tells. The output is refused before anything is read, and written whole or not at all.
 *
 * @param others further files to read, which must not be overwritten either
 */
export async function changeVolume(
  { command, input, out, others = [] }: Paths,
  options: VolumeOptions,
  { output, signal }: Context,
  change: (volume: Volume, read: ReadOptions) => Promise<Changed>,
): Promise<void> {
  const { formats } = (await setupOf(options)).registry;
  const unit = options.unit === undefined ? undefined : UNIT(options.unit, "--unit");
  await checkOutputVolume(out, [input, ...others], formats);
  const read = { frame: frameOf(options), formats, signal };
  const source = await readAny(input, read);
  assertFrameUsed(read.frame, source);
  const { volume, how } = await change(unit === undefined ? source : source.with({ unit }), read);
  await writeVolume(out, volume, { formats, signal });
  const { shape, spacing, affine, simulated } = volume;
  const orientation = orientationOf(affine);
  output.say(`${out}: ${describeGrid(volume)}, ${orientation}; ${how}`);
  output.result({
    command,
    input,
    output: out,
    shape,
    spacing,
    orientation,
    affine: [0, 4, 8, 12].map((r) => affine.slice(r, r + 4)),
    unit: volume.unit,
    simulated,
    how,
  });
}

interface Paths {
  /** Its name, for the result. */
  readonly command: string;
  readonly input: string;
  readonly out: string;
  readonly others?: readonly string[];
}

const UNIT = oneOf<Unit>("HU", "arbitrary", "unknown");
