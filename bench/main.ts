import { readFile, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { version } from "../package.json";
import { fail, MidashError, orNearest } from "../src/base/errors/index.ts";
import { valueKinds } from "../src/base/options/index.ts";
import { type AddCommand, type Context, JSON_OPTION } from "../src/host/cli/command.ts";
import type { ProgressBar } from "../src/host/cli/io/output.ts";
import { outputFolder } from "../src/host/cli/io/outputs.ts";
import { runProgram } from "../src/host/cli/program.ts";
import { jsonBytes } from "../src/host/runs/index.ts";
import { addGpu, addGpuEngine } from "./gpu/gpu-command.ts";
import { CacheFolder } from "./harness/cache-folder.ts";
import { compareResults, parseResult } from "./harness/compare.ts";
import { deviceSlug } from "./harness/device.ts";
import { findPython, NO_PEER } from "./harness/python.ts";
import { measuredPeer, OLDEST_NODE, type SuiteResult, wasBusy } from "./harness/result.ts";
import { runSuite } from "./harness/run-suite.ts";
import { serveTask } from "./harness/serve.ts";
import type { Row, Suite } from "./harness/suite.ts";
import { SUITES } from "./suites/suites.ts";
import { sayComparison, sayRow, sayTable } from "./table.ts";

/** Inputs of the suites, and the Python of the peers; beside where the command is called. */
const FOLDER = ".bench";
const RESULTS = join("bench", "results");

interface BenchOptions {
  readonly runs?: string;
  readonly only?: string;
  readonly out?: string;
  readonly compare?: string;
  readonly peer: boolean;
  readonly small?: boolean;
  readonly json?: boolean;
}

const addBench: AddCommand = (program, context) => {
  const suites = [...SUITES.values()].map(({ name, summary }) => `  ${name.padEnd(9)}${summary}`);
  program
    .command("bench")
    .summary("time this library beside its peers")
    .description(
      `Times the rows of a suite, each beside a named peer in Python in the same call, run by run in turn.\n\nSuites:\n${suites.join("\n")}\n  gpu      WebGPU beside its peers; its own options: npm run bench -- gpu --help\n\n` +
        `Inputs are simulated and kept in ${FOLDER}/. Without the peers' Python (npm run bench:setup, or MIDASH_PYTHON) there are no ratios.`,
    )
    .configureHelp({ commandUsage: () => "npm run bench -- <suite> [options]" })
    .argument("<suite>", [...SUITES.keys()].join(", "))
    .option("--runs <n>", "measured runs of each row (default: the row's own)")
    .option("--only <rows>", "some rows only, joined by commas")
    .option(
      "--out <file>",
      `where to store the result (default: ${RESULTS}/SUITE-DEVICE.json, on another Node than ${OLDEST_NODE} SUITE-node-MAJOR-DEVICE.json, when it is whole and the machine quiet)`,
    )
    .option("--compare <file>", "an earlier result (default: the stored one of this suite and device)")
    .option("--no-peer", "our side only")
    .option("--small", "small shapes, to try it: no measurement")
    .option(...JSON_OPTION)
    .addHelpText(
      "after",
      "\nExamples:\n" +
        "  npm run bench -- road                                          # each step of synthesising a 256×256×180 volume\n" +
        "  npm run bench -- infer --only slice-wasm,slice-onnx            # the network on one slice, by wasm and by ONNX Runtime\n" +
        "  npm run bench -- train --compare before.json --out after.json  # before and after a change\n",
    )
    .action((suite: string, options: BenchOptions) => bench(suite, options, context(options)));
};

/** What {@link addBench} starts for each row of ours: a process of its own. Not for people. */
const addBenchRow: AddCommand = (program) => {
  program
    .command("bench-row", { hidden: true })
    .argument("<suite>")
    .argument("<row>")
    .argument("<settings>")
    .argument("<folder>")
    .action((suite: string, row: string, settings: string, folder: string) =>
      serveTask(() => suiteNamed(suite).task(row, JSON.parse(settings), new CacheFolder(folder)), {
        input: process.stdin,
        output: process.stdout,
      }),
    );
};

async function bench(name: string, options: BenchOptions, { output, signal }: Context): Promise<void> {
  const suite = suiteNamed(name);
  const size = options.small ? "small" : "full";
  const rows = suite.rows(size).map(({ id }) => id);
  const only =
    options.only === undefined
      ? undefined
      : valueKinds.list(valueKinds.choice(rows)).read(options.only, "--only");
  const runs =
    options.runs === undefined ? undefined : valueKinds.integer({ min: 1 }).read(options.runs, "--runs");
  const out = options.out === undefined ? undefined : valueKinds.text().read(options.out, "--out");
  if (out !== undefined) await outputFolder(dirname(out));
  const given = options.compare === undefined ? undefined : await earlier(options.compare, name);
  const python = options.peer ? await findPython() : undefined;
  const cache = new CacheFolder(resolve(FOLDER));

  output.say(`bench ${name}: ${suite.summary}. Ratio: our time over the peer's; below 1 we are faster.`);
  if (options.small) output.say("Small shapes: these numbers measure nothing.");
  let bar: { readonly row: string; readonly shown: ProgressBar } | undefined;
  const result = await runSuite(suite, {
    size,
    runs,
    only,
    cache,
    versions: { midash: version },
    sides: await commandsOfSides(
      name,
      cache,
      python ?? { missing: options.peer ? NO_PEER : "left out by --no-peer" },
    ),
    signal,
    onProgress: ({ row, done, total }) => {
      if (bar?.row !== row) {
        bar?.shown.stop();
        bar = { row, shown: output.progress(row) };
      }
      bar.shown.update(done, total, "runs");
    },
    onRow: (row) => {
      bar?.shown.stop();
      bar = undefined;
      sayRow(output, row);
    },
  }).finally(() => bar?.shown.stop());

  sayTable(output, result);
  const usual = join(RESULTS, `${name}-${nodeSlug()}${deviceSlug(result.device)}.json`);
  const before = given ?? (size === "full" ? await stored(usual, name) : undefined);
  const comparison = before && compareResults(result, before);
  if (comparison) sayComparison(output, comparison);
  const file = out ?? (worthStoring(result, suite) ? usual : undefined);
  const failed = result.rows.filter((row) => row.failed !== undefined);
  if (file !== undefined && failed.length === 0) {
    await (await outputFolder(dirname(file))).write(basename(file), jsonBytes(result));
    output.say(`Stored in ${file}`);
  } else
    output.say("Not stored: only whole results with peers from a quiet machine are, unless --out says where");
  if (failed.length > 0)
    throw new MidashError("internal", failed.map(({ id, failed: why }) => `${id}: ${why}`).join("; "), {
      where: `bench ${name}`,
    });
  output.result({ command: "bench", file: file ?? null, comparison: comparison ?? null, ...result });
}

function suiteNamed(name: string): Suite {
  return (
    SUITES.get(name) ??
    fail("invalid-argument", `unknown suite "${name}"`, {
      where: "bench",
      hint: orNearest(name, [...SUITES.keys()]),
    })
  );
}

/** Begins the file names of results of other Nodes than the oldest. */
function nodeSlug(): string {
  const [major] = process.versions.node.split(".");
  return major === OLDEST_NODE ? "" : `node-${major}-`;
}

/** Every row at full size beside its peer, on a machine that did little else. */
function worthStoring(result: SuiteResult, suite: Suite): boolean {
  const { size, rows } = result;
  const whole = size === "full" && rows.length === suite.rows(size).length && rows.every(measuredPeer);
  return whole && !wasBusy(result);
}

/** How both sides of a row start: ours as this very command, the peer's by its script. */
async function commandsOfSides(
  suite: string,
  cache: CacheFolder,
  python: string | { readonly missing: string },
) {
  const main = await realpath(process.argv[1]!);
  const folder = join(dirname(main), "..", "..", "bench", "peers"); // from .bench/dist
  const peerOf = (row: Row, what: readonly string[]) => {
    const { peerScript = `${suite}.py` } = row;
    const script = join(folder, peerScript);
    if (peerScript.endsWith(".mjs")) return { file: process.execPath, arguments: [script, ...what] };
    // The package's folder may not be ours to write to.
    return {
      file: python as string,
      arguments: [script, ...what],
      environment: { PYTHONDONTWRITEBYTECODE: "1" },
    };
  };
  return (row: Row) => {
    const what = [row.id, JSON.stringify(row.settings), cache.path];
    return {
      ours: { file: process.execPath, arguments: [main, "bench-row", suite, ...what] },
      peer: typeof python === "string" ? peerOf(row, what) : python,
    };
  };
}

async function earlier(path: string, suite: string): Promise<SuiteResult> {
  const file = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    const absent = cause.code === "ENOENT";
    throw new MidashError(
      absent ? "not-found" : "io",
      absent ? "no such file" : `can't be read (${cause.code})`,
      {
        where: path,
        hint: "check the path",
        cause,
      },
    );
  });
  return parseResult(file, suite, path);
}

async function stored(path: string, suite: string): Promise<SuiteResult | undefined> {
  return (await stat(path).catch(() => undefined)) ? earlier(path, suite) : undefined;
}

runProgram([addBench, addBenchRow, addGpu, addGpuEngine], named(process.argv.slice(2)));

/** `npm run bench -- road` means the command "bench"; the GPU suite has a command of its own, and so have our own sides of rows. */
function named(args: readonly string[]): readonly string[] {
  return ["bench-row", "gpu", "gpu-engine"].includes(args[0]!) ? args : ["bench", ...args];
}
