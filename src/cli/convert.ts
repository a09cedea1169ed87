import { type AddCommand, examples } from "./command.ts";
import { changeVolume, fromVolumeToVolume, type VolumeOptions } from "./volume-command.ts";

export const addConvert: AddCommand = (program, context) => {
  const command = program
    .command("convert")
    .summary("write a volume in another format")
    .description(
      "Writes a volume in another format. Values, their type and their place in space stay; what the format has no field for is lost.",
    );
  fromVolumeToVolume(command)
    .addHelpText(
      "after",
      examples(
        ["convert ct.mha ct.nii.gz --unit HU", "MetaImage to NIfTI, and say that it is a CT"],
        ["convert bold.nii.gz first.nii.gz --frame 0", "one frame of a 4-D file"],
      ),
    )
    .action((input: string, out: string, options: VolumeOptions) =>
      changeVolume({ command: "convert", input, out }, options, context(options), async (volume) => ({
        volume,
        how: `converted from ${volume.meta.format ?? "its format"}`,
      })),
    );
};
