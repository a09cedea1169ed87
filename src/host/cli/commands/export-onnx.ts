import { resolve } from "node:path";
import { assert } from "../../../base/errors/index.ts";
import { loadModel, saveOnnx } from "../../node/index.ts";
import { type AddCommand, type Context, DISCLAIMER, examples, JSON_OPTION } from "../command.ts";
import { trainingWords } from "../io/model-words.ts";
import { CONFIG_OPTIONS, type ConfigOptions, setupOf } from "../io/setup.ts";

interface ExportOptions extends ConfigOptions {
  readonly json?: boolean;
}

export const addExportOnnx: AddCommand = (program, context) => {
  program
    .command("export-onnx")
    .summary("write a model as an ONNX file")
    .description(
      "Writes a model that train wrote as an ONNX file (opset 17, float32, channels first, any batch, height and width), with the steps\n" +
        "before and after it, its origin and its licence as metadata.",
    )
    .usage("<model> <out> [options]")
    .argument("<model>", "the model (.safetensors)")
    .argument("<out>", "the file to write (.onnx); one that is there is replaced, whole or not at all")
    .option(...CONFIG_OPTIONS[0])
    .option(...CONFIG_OPTIONS[1])
    .option(...JSON_OPTION)
    .addHelpText(
      "after",
      examples(["export-onnx demo-out/model.safetensors model.onnx", "the model of the demo"]),
    )
    .action((model: string, out: string, options: ExportOptions) =>
      exportModel(model, out, options, context(options)),
    );
};

async function exportModel(
  model: string,
  out: string,
  options: ExportOptions,
  { output, signal }: Context,
): Promise<void> {
  assert(out.endsWith(".onnx"), `must end in .onnx, got "${out}"`, { where: "<out>" });
  assert(resolve(model) !== resolve(out), "is the model itself", {
    where: "<out>",
    hint: "write to another file",
  });
  const { plugins } = await setupOf(options);
  const bundle = await loadModel(model, { signal });
  await saveOnnx(out, bundle, { plugins, signal });
  output.say(`${out}: ${bundle.model.name} as an ONNX file, opset 17, channels first`);
  const { provenance, intendedFor } = bundle;
  for (const line of trainingWords(provenance.trainedOn)) output.say(line);
  output.say(DISCLAIMER);
  output.result({
    command: "export-onnx",
    trainedOn: provenance.trainedOn,
    intendedFor,
    model: { file: model, name: bundle.model.name },
    output: out,
  });
}
