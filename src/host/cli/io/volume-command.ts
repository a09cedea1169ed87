import type { Command } from "commander";
import { valueKinds } from "../../../base/options/index.ts";
import type { VolumeFormat } from "../../../imaging/formats/index.ts";
import { describeGrid, orientationOf, type Unit, type Volume } from "../../../imaging/volume/index.ts";
import { type Context, JSON_OPTION } from "../command.ts";
import { assertChoiceUsed, FRAME_OPTION, SERIES_OPTION } from "./choice.ts";
import { inFlags } from "./in-flags.ts";
import { assertInputThere, type ReadOptions, readAny, readOptions } from "./inputs.ts";
import { CONFIG_OPTIONS, type ConfigOptions, setupOf } from "./setup.ts";
import { FORMAT_OPTION } from "./standard-streams.ts";
import { type VolumeTarget, volumeTarget } from "./volume-target.ts";

/** Options that every command from volume to volume has. */
export interface VolumeOptions extends ConfigOptions {
  readonly unit?: string;
  readonly frame?: string;
  readonly series?: string;
  readonly json?: boolean;
  /** Of standard output. */
  readonly format?: string;
}

/** Arguments and options of a command that makes one volume of another. */
export function fromVolumeToVolume(command: Command): Command {
  return command
    .argument(
      "<in>",
      "the volume to read, of any format; its content says which. A folder holds a DICOM series; - is standard input",
    )
    .argument("<out>", "the volume to write; its extension says in which format; - is standard output")
    .option("--unit <name>", "what the values mean: HU, arbitrary or unknown (default: as the file says)")
    .option(...FORMAT_OPTION)
    .option(...FRAME_OPTION)
    .option(...SERIES_OPTION)
    .option(...CONFIG_OPTIONS[0])
    .option(...CONFIG_OPTIONS[1])
    .option(...JSON_OPTION);
}

/** What became of a volume. */
export interface Changed {
  readonly volume: Volume;
  /** In words, for people: "reoriented from LPS". */
  readonly how: string;
  /** More for the result. */
  readonly facts?: object;
  readonly warnings?: readonly string[];
}

/** What a command does. */
interface Work {
  change(volume: Volume, read: ReadOptions): Promise<Changed>;
  /** Where the result goes; must refuse what can't be written. Default: the file <out>. */
  target?(formats: readonly VolumeFormat[]): Promise<VolumeTarget>;
}

interface Paths {
  /** The command's name, for the result. */
  readonly command: string;
  readonly input: string;
  readonly out: string;
  /** Further files to read, which must not be overwritten either. */
  readonly others?: readonly string[];
}

/** Reads, changes, writes, tells. An input that is not there and an output that can't be are refused before anything is read; the output is written whole or not at all. */
export async function changeVolume(
  { command, input, out, others = [] }: Paths,
  options: VolumeOptions,
  { output, signal }: Context,
  work: Work,
): Promise<void> {
  const { formats } = (await setupOf(options)).registry;
  const unit = options.unit === undefined ? undefined : UNIT.read(options.unit, "--unit");
  await assertInputThere(input);
  const target = await (work.target?.(formats) ??
    volumeTarget(out, { inputs: [input, ...others], format: options.format }, formats));
  const read = readOptions(options, formats, { output, signal });
  const source = await readAny(input, read);
  assertChoiceUsed(read, source);
  const {
    volume,
    how,
    facts = {},
    warnings: before = [],
  } = await work.change(unit === undefined ? source : source.with({ unit }), read);
  const warnings = [...before];
  await target.write(volume, { signal, onWarning: (warning) => warnings.push(inFlags(warning)) });
  const { shape, spacing, affine, simulated } = volume;
  const orientation = orientationOf(affine);
  const straightened =
    source.meta.resampled === undefined ? "" : `; the series was resampled for its ${source.meta.resampled}`;
  output.say(`${out}: ${describeGrid(volume)}, ${orientation}; ${how}${straightened}`);
  for (const warning of warnings) output.say(`Warning: ${warning}`);
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
    ...facts,
    ...(warnings.length > 0 ? { warnings } : {}),
    ...(source.meta.resampled === undefined ? {} : { resampled: source.meta.resampled }),
  });
}

const UNIT = valueKinds.choice<Unit>(["HU", "arbitrary", "unknown"]);
