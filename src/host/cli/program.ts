import { Command, CommanderError } from "commander";
import { version } from "../../../package.json";
import { assert, habitual, isUserError, oneLine } from "../../base/errors/index.ts";
import { type AddCommand, DISCLAIMER, Incomplete, Interrupted } from "./command.ts";
import { inFlags } from "./io/in-flags.ts";
import { Output } from "./io/output.ts";
import { STANDARD } from "./io/standard-streams.ts";

/** Exit codes: done, our fault, wrong input or usage. */
const EXIT = { done: 0, internal: 1, input: 2 } as const;
/** The same when ended by a signal, as shells count. */
const ENDED_BY = { SIGINT: 130, SIGTERM: 143 } as const;

const abort = new AbortController();
let interrupted: number = ENDED_BY.SIGINT;
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    interrupted = ENDED_BY[signal];
    if (abort.signal.aborted) process.exit(interrupted); // asked twice: don't wait for a clean end
    abort.abort(new Error(signal));
  });
// `midash info x | head -1` closes our stdout early; that is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(EXIT.done);
});

/** Runs the command that `args` name; sets the process's exit code and prints errors in one line. */
export async function runProgram(commands: readonly AddCommand[], args: readonly string[]): Promise<void> {
  process.exitCode = await run(commands, args); // not exit(): what is still to be written is written
}

async function run(commands: readonly AddCommand[], args: readonly string[]): Promise<number> {
  const program = makeProgram(commands, args);
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

function makeProgram(commands: readonly AddCommand[], args: readonly string[]): Command {
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
  const context = ({ json = false }: { readonly json?: boolean }, out?: string) => {
    const taken = out === STANDARD;
    assert(!taken || !json, "standard output is the volume's", {
      where: "--json",
      hint: "leave it out, or write the volume to a file",
    });
    return { output: new Output({ json, taken }), signal: abort.signal };
  };
  for (const add of commands) add(program, context, args);
  return program;
}

/** One line on stderr: what, where, what to do. With --json the same as JSON on stdout. */
function report(error: unknown, args: readonly string[], program: Command): number {
  if (error instanceof Incomplete) {
    process.stderr.write(`midash: ${error.message}\n`); // its JSON was printed
    return error.ours ? EXIT.internal : EXIT.input;
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
    return { code: EXIT.input, kind: "usage", message: `${usageError(error, args, command)}; see ${help}` };
  }
  if (abort.signal.aborted) {
    const message = error instanceof Interrupted ? error.message : "interrupted";
    return { code: interrupted, kind: "aborted", message };
  }
  if (isUserError(error)) return { code: EXIT.input, kind: error.kind, message: inFlags(error.toJSON()) };
  const text = error instanceof Error ? error.message : String(error);
  return {
    code: EXIT.internal,
    kind: "internal",
    message: `${text || "unknown failure"}; this is a fault of midash: please report it, with the output of MIDASH_DEBUG=1`,
  };
}

function usageError(error: CommanderError, args: readonly string[], command?: Command): string {
  const flags = command?.options.flatMap(({ long, short }) => [long ?? [], short ?? []].flat()) ?? [];
  const unknown =
    error.code === "commander.unknownOption" &&
    args.map((arg) => arg.split("=")[0]!).find((arg) => /^-./.test(arg) && !flags.includes(arg));
  const meant = unknown && habitual(unknown, flags);
  if (meant) return `unknown option '${unknown}' (Did you mean ${meant}?)`;
  if (error.code !== "commander.help") return error.message.replace(/^error: /, "").replace(/\.$/, "");
  return args[1] === undefined ? "no command given" : `unknown command '${args[1]}'`; // after help
}
