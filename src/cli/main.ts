#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { version } from "../../package.json";
import { isUserError, oneLine } from "../errors/index.ts";
import { addBench, addBenchRow } from "./bench.ts";
import { addClassify } from "./classify.ts";
import { type AddCommand, DISCLAIMER, Incomplete, Interrupted } from "./command.ts";
import { addConvert } from "./convert.ts";
import { addDemo } from "./demo.ts";
import { addDoctor } from "./doctor.ts";
import { addEvaluate } from "./evaluate.ts";
import { addExportOnnx } from "./export-onnx.ts";
import { inFlags } from "./in-flags.ts";
import { addInfo } from "./info.ts";
import { addModels } from "./models.ts";
import { Output } from "./output.ts";
import { addReorient } from "./reorient.ts";
import { addResample } from "./resample.ts";
import { addSynthesize } from "./synthesize.ts";
import { addTrain } from "./train.ts";

const COMMANDS: readonly AddCommand[] = [
  addDemo,
  addTrain,
  addSynthesize,
  addEvaluate,
  addClassify,
  addInfo,
  addConvert,
  addReorient,
  addResample,
  addModels,
  addExportOnnx,
  addDoctor,
  addBench,
  addBenchRow,
];

/** Exit codes: done, our fault, wrong input or usage, ended by SIGINT (as shells count). */
const EXIT = { done: 0, internal: 1, input: 2, interrupted: 130 } as const;

const abort = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    if (abort.signal.aborted) process.exit(EXIT.interrupted); // asked twice: don't wait for a clean end
    abort.abort(new Error(signal));
  });
// `midash info x | head -1` closes our stdout early; that is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(EXIT.done);
});

run(process.argv.slice(2)).then((code) => {
  process.exitCode = code; // not exit(): what is still to be written is written
});

async function run(args: readonly string[]): Promise<number> {
  const program = makeProgram(args);
  try {
    await program.parseAsync(helpLast(args, program), { from: "user" });
    return EXIT.done;
  } catch (error) {
    return report(error, args, program);
  }
}

/** `help train` as `train --help`: commander would not let the command prepare its options. */
function helpLast(args: readonly string[], program: Command): readonly string[] {
  const [first, name, ...rest] = args;
  const known = first === "help" && program.commands.some((command) => command.name() === name);
  return known ? [name!, ...rest, "--help"] : args;
}

function makeProgram(args: readonly string[]): Command {
  const program = new Command("midash")
    .description(`MR to synthetic CT: train, synthesise, measure, classify. ${DISCLAIMER}`)
    .version(version, "-V, --version", "print the version")
    .showHelpAfterError(false)
    .exitOverride()
    .configureOutput({ outputError: () => undefined }) // said by report, in one line
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      "after",
      "\nStart with:\n  npx @midash/core demo\n\nHelp on a command:\n  npx @midash/core help train\n",
    );
  const context = (options: { readonly json?: boolean }) => ({
    output: new Output({ json: options.json ?? false }),
    signal: abort.signal,
  });
  for (const add of COMMANDS) add(program, context, args);
  return program;
}

/** One line on stderr: what, where, what to do. With --json the same as JSON on stdout. */
function report(error: unknown, args: readonly string[], program: Command): number {
  if (error instanceof Incomplete) {
    process.stderr.write(`midash: ${error.message}\n`); // its JSON was printed
    return EXIT.input;
  }
  const { code, kind, message } = describe(error, args, program);
  if (code === EXIT.done) return code;
  process.stderr.write(`midash: ${oneLine(message)}\n`);
  if (process.env.MIDASH_DEBUG === "1" && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  if (args.includes("--json")) process.stdout.write(`${JSON.stringify({ error: { kind, message } })}\n`);
  return code;
}

function describe(
  error: unknown,
  args: readonly string[],
  program: Command,
): { code: number; kind: string; message: string } {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return { code: EXIT.done, kind: "", message: "" };
    const command = program.commands.find((c) => c.name() === args[0]);
    const help = ["npx @midash/core", command?.name(), "--help"].filter(Boolean).join(" ");
    return { code: EXIT.input, kind: "usage", message: `${usageError(error, args)}; see ${help}` };
  }
  if (abort.signal.aborted) {
    const message = error instanceof Interrupted ? error.message : "interrupted";
    return { code: EXIT.interrupted, kind: "aborted", message };
  }
  if (isUserError(error)) return { code: EXIT.input, kind: error.kind, message: inFlags(error.message) };
  const text = error instanceof Error ? error.message : String(error);
  return {
    code: EXIT.internal,
    kind: "internal",
    message: `${text || "unknown failure"}; this is a fault of midash: please report it, with the output of MIDASH_DEBUG=1`,
  };
}

function usageError(error: CommanderError, args: readonly string[]): string {
  if (error.code !== "commander.help") return error.message.replace(/^error: /, "").replace(/\.$/, "");
  return args[1] === undefined ? "no command given" : `unknown command '${args[1]}'`; // after help
}
