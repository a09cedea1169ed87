// An engine's side of the GPU suite's conversation, a line of JSON a message; engine-process.ts is the other side and torch.py speaks the same. First comes
// { ready, facts } or { ready: false, missing }. { open, as, folder } makes a case ready under the name of an engine, { run, as } takes that many steps and waits
// until the GPU has done them, { close: as } frees what the case held. Each is answered by an object; by { error } where it failed.
import { createInterface } from "node:readline";

export async function serveEngine(start) {
  const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
  let engine;
  try {
    engine = await start();
  } catch (error) {
    say({ ready: false, missing: textOf(error) });
    return;
  }
  say({ ready: true, facts: engine.facts });
  const opened = new Map();
  const answers = {
    async open({ open, as, folder }) {
      opened.set(as, await engine.open(open, as, folder));
      return {};
    },
    async run({ run, as }) {
      const used = process.cpuUsage();
      const start = performance.now();
      const values = await opened.get(as).run(run);
      const ms = performance.now() - start;
      const { user, system } = process.cpuUsage(used);
      return { ms, cpuMs: (user + system) / 1000, values: values ?? {} };
    },
    async close({ close }) {
      const of = opened.get(close);
      opened.delete(close);
      await of?.close();
      return {};
    },
  };
  for await (const line of createInterface({ input: process.stdin })) {
    const message = JSON.parse(line);
    const [what] = Object.keys(message);
    say(await answers[what](message).catch((error) => ({ error: textOf(error) })));
  }
  process.exit(0); // Dawn's threads would keep it
}

function textOf(error) {
  return String(error?.message ?? error)
    .split("\n")[0]
    .slice(0, 300);
}
