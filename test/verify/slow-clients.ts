/**
 * Slow clients by the thousand against the server of examples/, on real sockets: half headers, bodies that drip in with and without a token, answers that nobody reads, silence. Each that is closed comes again (`--rate` a second).
 * Meanwhile /health is asked by a new connection twenty times a second, and a job is done.
 *
 *   npm run verify:slow-clients [-- --connections 10000 --seconds 30 --rate 200]
 *
 * Shown twice: as the server comes (500 strangers may be connected, the oldest goes), and with room for all of them. Ends with 1 where a question had no answer, a hundredth took more than a second, or memory grew by more than 300 MiB.
 */
import { fork } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { caseFolders, tinyModelFile } from "../support/processed.ts";
import { buildServer, newToken, startServer } from "../support/server.ts";

const { values } = parseArgs({
  options: {
    connections: { type: "string", default: "10000" },
    seconds: { type: "string", default: "30" },
    rate: { type: "string", default: "200" },
  },
});
const folder = await buildServer();
await tinyModelFile(folder);
await caseFolders(join(folder, "cohort"), ["a"], () => false);
const attacker = await newToken(folder, "attacker");
const honest = await newToken(folder, "honest");
const mr = await readFile(join(folder, "cohort/a/mr.nii.gz"));

interface Attack {
  /** While they come in a crowd: that is over before anything is measured. */
  readonly fast: boolean;
  readonly open: number;
  readonly opened: number;
  readonly closed: number;
  readonly most: number;
}

async function residentMiB(pid: number): Promise<number> {
  return Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, "utf8"))![1]) / 1024;
}

/** Milliseconds until /health has answered a connection of its own; undefined: it did not. */
function ask(port: number): Promise<number | undefined> {
  const started = performance.now();
  return new Promise((resolve) => {
    const asked = request({
      port,
      host: "127.0.0.1",
      path: "/health",
      agent: new Agent({ keepAlive: false }),
    });
    asked.setTimeout(10_000, () => asked.destroy());
    asked.once("error", () => resolve(undefined));
    asked.once("response", (answer) => {
      answer.resume();
      answer.once("end", () => resolve(answer.statusCode === 200 ? performance.now() - started : undefined));
    });
    asked.end();
  });
}

/** @returns its state at the end */
async function job(port: number): Promise<string> {
  const headers = { Authorization: `Bearer ${honest}` };
  const origin = `http://127.0.0.1:${port}`;
  const asked = await fetch(`${origin}/v1/jobs?format=.nii.gz`, { method: "POST", headers, body: mr });
  const { id } = (await asked.json()) as { id: string };
  const events = await (await fetch(`${origin}/v1/jobs/${id}/events`, { headers })).text();
  return (JSON.parse(events.trimEnd().split("data: ").at(-1)!) as { state: string }).state;
}

async function show(title: string, settings: Readonly<Record<string, string>>): Promise<boolean> {
  const server = await startServer(folder, { MIDASH_MODEL: "own.safetensors", ...settings });
  const { pid } = server.child;
  const before = await residentMiB(pid!);
  let most = before;
  const script = fileURLToPath(new URL("slow-attack.mjs", import.meta.url));
  const attack = fork(script, [`${server.port}`, values.connections, values.rate, attacker]);
  let seen: Attack = { fast: true, open: 0, opened: 0, closed: 0, most: 0 };
  attack.on("message", (message) => {
    seen = message as Attack;
  });
  try {
    while (seen.fast || seen.opened < Number(values.connections)) {
      await sleep(200);
      most = Math.max(most, await residentMiB(pid!));
    }
    await sleep(5000);
    const answers: Promise<number | undefined>[] = [];
    const done = job(server.port).catch((error: unknown) => String(error));
    const until = performance.now() + 1000 * Number(values.seconds);
    while (performance.now() < until) {
      answers.push(ask(server.port));
      if (answers.length % 10 === 0) most = Math.max(most, await residentMiB(pid!));
      await sleep(50);
    }
    const times = await Promise.all(answers);
    const answered = times.filter((time) => time !== undefined).sort((a, b) => a - b);
    const lost = times.length - answered.length;
    const at = (share: number) =>
      answered[Math.min(answered.length - 1, Math.floor(share * answered.length))] ?? Infinity;
    const state = await done;
    console.log(`${title}
  slow connections: ${seen.opened} opened, ${seen.closed} closed by the server, at most ${seen.most} open
  /health: ${times.length} asked, ${lost} without an answer, median ${at(0.5).toFixed(0)} ms, p99 ${at(0.99).toFixed(0)} ms, longest ${at(1).toFixed(0)} ms
  memory: ${before.toFixed(0)} MiB before, at most ${most.toFixed(0)} MiB; a job meanwhile: ${state}`);
    return lost === 0 && at(0.99) <= 1000 && most - before <= 300 && state === "done";
  } finally {
    attack.disconnect();
    server.child.kill("SIGKILL");
    await server.ended;
  }
}

try {
  const few = await show("as it comes: 500 strangers", {});
  const all = await show("with room for all", { MIDASH_CONNECTIONS: `${Number(values.connections) + 500}` });
  if (!few || !all) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
