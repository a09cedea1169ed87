import { existsSync } from "node:fs";
import { mkdir, realpath, rename, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { version } from "../../package.json";
import { MidashError } from "../../src/base/errors/index.ts";
import { valueKinds } from "../../src/base/options/index.ts";
import { type AddCommand, type Context, JSON_OPTION } from "../../src/host/cli/command.ts";
import { CacheFolder } from "../harness/cache-folder.ts";
import { findPython, NO_PEER } from "../harness/python.ts";
import { adapterFacts } from "./adapter.ts";
import { casesOf, inference, training } from "./cases.ts";
import type { EngineCommand } from "./engine-pool.ts";
import { EngineFailed } from "./engine-process.ts";
import { ENGINES, type EngineName } from "./engines.ts";
import { midashEngine, onnxEngine } from "./midash.ts";
import { runGpu } from "./run-gpu.ts";
import { sayAdapter, sayGpuRow, sayGpuTable } from "./say-gpu.ts";
import { serveEngine } from "./serve-engine.mjs";

interface GpuOptions {
  readonly tiny?: boolean;
  readonly only?: string;
  readonly engines?: string;
  readonly minutes?: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** `npm run bench -- gpu`: unlike the other suites one call has many peers, and a machine that is lent for minutes. */
export const addGpu: AddCommand = (program, context) => {
  program
    .command("gpu")
    .summary("time the webgpu backend beside its peers on this machine's adapter")
    .description(
      "Times convolutions, U-Net training and inference by WebGPU in Node beside tfjs-webgpu, jax-js, ONNX Runtime and PyTorch. Needs a Vulkan, Metal or Direct3D 12 driver; peers that are not here are left out with their reason.\n\n" +
        `Engines:\n${Object.entries(ENGINES)
          .map(([name, { title }]) => `  ${name.padEnd(12)}${title}`)
          .join("\n")}`,
    )
    .configureHelp({ commandUsage: () => "npm run bench -- gpu [options]" })
    .option("--tiny", "small shapes, for adapters that are programs: the road, and ratios between engines")
    .option("--only <cases>", "some cases only, by id, joined by commas")
    .option("--engines <names>", "some engines only, joined by commas")
    .option("--minutes <n>", "begin nothing after that many minutes")
    .option("--out <file>", "where the result is kept, renewed with each row", join(".bench", "gpu.json"))
    .option(...JSON_OPTION)
    .action((options: GpuOptions) => gpu(options, context(options)));
};

/** What the suite starts for each of our own engines. Not for people. */
export const addGpuEngine: AddCommand = (program) => {
  const starts: Readonly<Record<string, () => ReturnType<Parameters<typeof serveEngine>[0]>>> = {
    adapter: async () => ({
      facts: { ...(await adapterFacts()) },
      open: () => Promise.reject(new Error("it computes nothing")),
    }),
    midash: () => midashEngine("f32"),
    "midash-f16": () => midashEngine("f16"),
    onnx: onnxEngine,
  };
  program
    .command("gpu-engine", { hidden: true })
    .argument("<engine>")
    .action((engine: string) => serveEngine(starts[engine]!));
};

async function gpu(options: GpuOptions, { output, signal }: Context): Promise<void> {
  const size = options.tiny ? "tiny" : "full";
  const { checks, plane, space, convolutions, loaded } = casesOf(size);
  const networks = [...plane, ...space];
  const ids = [...checks, ...training(networks), ...inference(networks), ...convolutions, loaded].map(
    ({ id }) => id,
  );
  const chosen = <T extends string>(text: string | undefined, all: readonly T[], where: string) =>
    text === undefined
      ? undefined
      : (valueKinds.list(valueKinds.choice(all)).read(text, where) as readonly T[]);
  const only = chosen(options.only, ids, "--only");
  const engines = chosen(options.engines, Object.keys(ENGINES) as EngineName[], "--engines");
  const minutes =
    options.minutes === undefined
      ? undefined
      : valueKinds.number({ above: 0 }).read(options.minutes, "--minutes");
  const file = resolve(options.out!);
  await mkdir(dirname(file), { recursive: true });
  const result = await runGpu({
    size,
    only,
    engines,
    minutes,
    cache: new CacheFolder(resolve(".bench")),
    versions: { midash: version },
    commandOf: await commands(),
    signal,
    onAdapter: (facts) => sayAdapter(output, facts),
    onRow: async (row, soFar) => {
      sayGpuRow(output, row, soFar.rows);
      await writeFile(`${file}.tmp`, `${JSON.stringify(soFar, null, 1)}\n`);
      await rename(`${file}.tmp`, file);
    },
  }).catch((error: unknown) => {
    if (!(error instanceof EngineFailed)) throw error;
    throw new MidashError("unsupported", error.message, { where: "bench gpu" });
  });
  sayGpuTable(output, result);
  output.say(`Kept in ${file}`);
  output.result({ command: "gpu", file, ...result });
}

/** Peers lie beside this program where it was packed for a machine without the repository, else in `bench/gpu`. */
async function commands(): Promise<(process: string) => EngineCommand> {
  const main = await realpath(process.argv[1]!);
  const beside = join(dirname(main), "gpu");
  const folder = existsSync(beside) ? beside : join(dirname(main), "..", "..", "bench", "gpu");
  const python = await findPython();
  return (name) => {
    if (name === "pytorch")
      return python === undefined
        ? { missing: NO_PEER }
        : {
            file: python,
            arguments: [join(folder, "pytorch.py")],
            environment: {
              PYTHONDONTWRITEBYTECODE: "1",
              LD_LIBRARY_PATH: process.env.PYTHON_LIBRARY_PATH ?? "",
            },
          };
    if (name === "tfjs" || name === "jax")
      return { file: process.execPath, arguments: [join(folder, `${name}.mjs`)] };
    return { file: process.execPath, arguments: [main, "gpu-engine", name] };
  };
}
