import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { Hono } from "hono";
import type { Env, Parts } from "./http.ts";
import { isWrong, readQuery } from "./query.ts";
import { shownJob } from "./shown-job.ts";
import { CASE } from "./work.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".json": "application/json",
};

/** What a token's jobs are, and what was made of them. */
export function jobRoutes({ jobs }: Parts) {
  const app = new Hono<Env>();
  app.get("/v1/jobs", (c) => {
    const query = readQuery(c.req.queries(), { state: ["queued", "running", "done", "failed"] });
    if (isWrong(query)) return c.json(query, 400);
    const { state } = query;
    const mine = jobs.list(c.get("token").name).filter((job) => state === undefined || job.state === state);
    return c.json({ jobs: mine.map(shownJob) });
  });

  app.get("/v1/jobs/:id", (c) => {
    const job = jobs.get(c.req.param("id"), c.get("token").name);
    return job ? c.json(shownJob(job)) : c.notFound();
  });

  app.delete("/v1/jobs/:id", async (c) => {
    const job = jobs.get(c.req.param("id"), c.get("token").name);
    if (!job) return c.notFound();
    await jobs.remove(job.id);
    return c.body(null, 204);
  });

  app.get("/v1/jobs/:id/files/:name", async (c) => {
    const job = jobs.get(c.req.param("id"), c.get("token").name);
    const name = job?.files?.find((file) => file === c.req.param("name")); // one of ours, never a path
    if (!job || !name) return c.notFound();
    const path = join(jobs.folder(job.id), "cases", CASE, name);
    const { size } = await stat(path);
    return c.body(Readable.toWeb(createReadStream(path)) as ReadableStream, 200, {
      "Content-Type": TYPES[name.slice(name.lastIndexOf("."))] ?? "application/octet-stream",
      "Content-Length": String(size),
      "Content-Disposition": `attachment; filename="${name}"`,
    });
  });
  return app;
}
