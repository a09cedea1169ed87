import { arch, cpus, freemem, platform, release, totalmem } from "node:os";
import { version } from "../../../../package.json";
import { MidashError } from "../../../base/errors/index.ts";
import { Registry } from "../../../road/plugin/index.ts";
import { type AddCommand, type Context, examples, JSON_OPTION } from "../command.ts";
import { CONFIG_OPTIONS, type ConfigOptions, type Setup, setupOf } from "../io/setup.ts";
import { type BackendCheck, checkBackend, SPEED_OF } from "./backend-check.ts";

interface DoctorOptions extends ConfigOptions {
  readonly quick?: boolean;
  readonly json?: boolean;
}

export const addDoctor: AddCommand = (program, context) => {
  program
    .command("doctor")
    .summary("what works on this machine, and how fast")
    .description(
      "Opens every backend, times it, and compares every operation of the built-in models, forward and backward, with references in\n" +
        "float64; shows versions, memory, and which config and plugins are found.\n" +
        "The exit code is 0 when at least one backend works.",
    )
    .option(...CONFIG_OPTIONS[0])
    .option(...CONFIG_OPTIONS[1])
    .option("--quick", "compare nothing, only open and time")
    .option(...JSON_OPTION)
    .addHelpText(
      "after",
      examples(
        ["doctor", "all of it"],
        ["doctor --quick", "without the slow parts"],
        ["doctor --json", "for a bug report, or for programs"],
      ),
    )
    .action((options: DoctorOptions) => doctor(options, context(options)));
};

async function doctor(options: DoctorOptions, { output, signal }: Context): Promise<void> {
  const { setup, problem } = await setupOrProblem(options);
  const backends: (BackendCheck & { readonly name: string; readonly plugin: string })[] = [];
  for (const { name, plugin, part } of setup.registry.backends) {
    signal.throwIfAborted();
    backends.push({ name, plugin, ...(await checkBackend(part, { conformance: !options.quick, signal })) });
  }
  const machine = machineFacts();
  const { versions, memory } = machine;

  output.say(`@midash/core ${versions.package}, Node ${versions.node} (V8 ${versions.v8})`);
  output.say(`${machine.os}; ${machine.cpu.cores} × ${machine.cpu.model}`);
  output.say(
    `memory: ${gib(memory.total)} GiB, ${gib(memory.free)} GiB free, ${gib(memory.process)} GiB taken here`,
  );
  output.say(`config: ${problem ?? configInWords(setup)}`);
  output.say();
  output.table(
    ["backend", "from", "ops passed", "worst error", "GFLOP/s", "trains", "deterministic"],
    backends.map((b) => [b.name, b.plugin, ...(b.supported ? cellsOf(b) : Array<string>(5).fill("-"))]),
  );
  for (const b of backends) for (const line of remarksOn(b)) output.say(`${b.name} ${line}`);
  const compared = backends.some((b) => b.supported && "ops" in b.conformance);
  if (compared)
    output.say(
      "ops passed: operations of the built-in models, 2-D and 3-D, values and gradients, against float64; worst error: as a share of the largest value, allowed 1e-4.",
    );
  output.say(`GFLOP/s: median of a ${SPEED_OF}, after a warm-up; other work on this machine lowers it.`);
  output.result({
    command: "doctor",
    ...machine,
    config: setup.file
      ? { file: setup.file.path, plugins: setup.plugins.map(({ name }) => name) }
      : problem
        ? { error: problem }
        : null,
    speedOf: SPEED_OF,
    backends,
  });
  if (!backends.some((b) => b.supported))
    throw new Error("no backend works, though cpu should work everywhere");
}

type Supported = Extract<BackendCheck, { readonly supported: true }>;

/** Everything behind name and origin. */
function cellsOf({ can, gflops, conformance, trains }: Supported): readonly string[] {
  return [
    ...("skipped" in conformance
      ? ["-", "-"]
      : [`${conformance.ops.passed}/${conformance.ops.of}`, conformance.worst?.toExponential(1) ?? "failed"]),
    gflops.toPrecision(3),
    yes(trains),
    yes(can.deterministic),
  ];
}

/** What does not fit into the table. */
function remarksOn(check: BackendCheck): readonly string[] {
  if (!check.supported) return [`does not work here: ${check.reason}`];
  const { conformance, whyNot } = check;
  const failed = "skipped" in conformance ? [] : conformance.failed;
  return [
    ...(whyNot ? [`must not be trained on: ${whyNot}`] : []),
    ...failed.map(({ check: name, detail }) => `fails ${name}: ${detail}`),
  ];
}

/** A config that merely lies here and is broken is a finding; one that was asked for is an error. */
async function setupOrProblem(options: ConfigOptions): Promise<{ setup: Setup; problem?: string }> {
  try {
    return { setup: await setupOf(options) };
  } catch (error) {
    if (options.config || !MidashError.is(error)) throw error;
    return { setup: { plugins: [], registry: new Registry() }, problem: error.message };
  }
}

function machineFacts() {
  const cores = cpus();
  return {
    versions: { package: version, node: process.versions.node, v8: process.versions.v8 },
    os: `${platform()} ${release()} ${arch()}`,
    cpu: { model: cores[0]?.model.trim() ?? "unknown CPU", cores: cores.length },
    /** Bytes. */
    memory: { total: totalmem(), free: freemem(), process: process.memoryUsage().rss },
  };
}

function configInWords({ file, plugins }: Setup): string {
  if (!file) return "none found";
  return `${file.path}; plugins: ${plugins.map(({ name }) => name).join(", ") || "none"}`;
}

function gib(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1);
}

function yes(value: boolean): string {
  return value ? "yes" : "no";
}
