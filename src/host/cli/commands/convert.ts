import { type AddCommand, type Context, examples } from "../command.ts";
import { ctTarget, DICOM_OPTIONS, type DicomOptions } from "../io/ct-target.ts";
import { changeVolume, fromVolumeToVolume, type VolumeOptions } from "../io/volume-command.ts";

type ConvertOptions = VolumeOptions & DicomOptions;

export const addConvert: AddCommand = (program, context) => {
  const command = program
    .command("convert")
    .summary("write a volume in another format")
    .description(
      "Writes a volume in another format. Values, their type and their place in space stay; what the format has no field for is lost.",
    );
  fromVolumeToVolume(command)
    .option(...DICOM_OPTIONS[0])
    .option(...DICOM_OPTIONS[1])
    .option(...DICOM_OPTIONS[2])
    .addHelpText(
      "after",
      examples(
        ["convert ct.mha ct.nii.gz --unit HU", "MetaImage to NIfTI, and say that it is a CT"],
        ["convert mr-series/ mr.nii.gz", "a folder of DICOM files"],
        ["convert sct.nii.gz sct-series --dicom-source mr-series/", "a synthetic CT back to DICOM"],
        ["convert - - --format nrrd < ct.nii.gz > ct.nrrd", "standard input to standard output"],
        ["convert bold.nii.gz first.nii.gz --frame 0", "one frame of a 4-D file"],
      ),
    )
    .action((input: string, out: string, options: ConvertOptions) =>
      convert(input, out, options, context(options, out)),
    );
};

async function convert(input: string, out: string, options: ConvertOptions, context: Context): Promise<void> {
  await changeVolume({ command: "convert", input, out }, options, context, {
    target: (formats) => ctTarget(out, { ...options, inputs: [input] }, formats),
    change: async (volume) => ({ volume, how: `converted from ${volume.meta.format ?? "its format"}` }),
  });
}
