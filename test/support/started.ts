import { type ChildProcess, spawn } from "node:child_process";

/** A process that goes on, and what it has said. */
export interface Started {
  readonly child: ChildProcess;
  said(): string;
  /** Its exit code. */
  readonly ended: Promise<number | null>;
}

/** Starts a script of Node and waits until it has said this. @throws Error with what it said instead, when it ends before */
export async function started(
  args: readonly string[],
  until: RegExp,
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Started> {
  const child = spawn(process.execPath, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  await new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      text += chunk;
      if (until.test(text)) resolve();
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    void ended.then((code) => reject(new Error(`ended with ${code}: ${text}`)));
  });
  return { child, said: () => text, ended };
}
