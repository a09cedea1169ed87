import { readFile, writeFile } from "node:fs/promises";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createAdaptorServer } from "@hono/node-server";
import { makeApp } from "./app.ts";
import { closeStrangersFirst } from "./connections.ts";
import { Jobs } from "./jobs.ts";
import { stdoutLog } from "./log.ts";
import { openQueue } from "./open-queue.ts";
import { readSettings, TOKENS } from "./settings.ts";
import { newToken, tokenOf } from "./tokens.ts";
import { Work } from "./work.ts";

const settings = await readSettings(process.env);
const [command, name] = process.argv.slice(2);
if (command === "token") {
  const { token, entry } = newToken(name ?? "default");
  const path = join(settings.data, TOKENS);
  const before = JSON.parse(await readFile(path, "utf8").catch(() => "[]")) as unknown[];
  await writeFile(path, `${JSON.stringify([...before, entry], null, 1)}\n`, { mode: 0o600 });
  process.stdout.write(`${token}\n`);
} else {
  const log = stdoutLog;
  const jobs = await Jobs.open(settings.data);
  const queue = await openQueue(settings);
  const work = new Work(jobs, { queue, log });
  const app = makeApp(settings, { jobs, work, log });
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  closeStrangersFirst(
    server,
    settings.connections,
    ({ headers }) => tokenOf(headers.authorization, settings.tokens) !== undefined,
  );
  server.headersTimeout = 10_000;
  server.requestTimeout = settings.uploadMs;
  server.timeout = 60_000; // a socket on which nothing happens
  // Whoever comes in a crowd waits in the system's queue instead of being turned away.
  server.listen({ port: settings.port, host: settings.host, backlog: 4096 }, () => {
    const { port } = server.address() as AddressInfo;
    log({ event: "listening", port, tokens: settings.tokens.length });
  });

  const sweep = async () => {
    const oldest = new Date(Date.now() - settings.retentionMs).toISOString();
    for (const { id, ended } of jobs.list())
      if (ended !== undefined && ended < oldest) {
        await jobs.remove(id);
        log({ job: id, event: "deleted" });
      }
  };
  setInterval(() => void sweep(), 60_000).unref();
  void sweep();

  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, async () => {
      log({ event: "draining" });
      server.close();
      await work.drain();
      process.exit(0);
    });
}
