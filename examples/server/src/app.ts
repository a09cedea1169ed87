import { createReadStream } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import type { Job, Jobs } from "./jobs.ts";
import type { Log } from "./log.ts";
import { openApi } from "./openapi.ts";
import type { Settings, TokenEntry } from "./settings.ts";
import { tokenOf } from "./tokens.ts";
import { Refused, streamToFile } from "./upload.ts";
import { CASE, type Work } from "./work.ts";

/** How files of one volume may end. */
const EXTENSIONS = [".nii.gz", ".nii", ".mha", ".nrrd", ".mgz", ".mgh"] as const;
const MAX_JOBS = 10;

interface Env {
  Bindings: HttpBindings;
  Variables: { token: TokenEntry };
}

/** The server's routes. */
export function makeApp(settings: Settings, { jobs, work, log }: { jobs: Jobs; work: Work; log: Log }) {
  const app = new Hono<Env>();
  const codes = new Map<number, number>();
  /** Uploads on their way, by token. */
  const uploading = new Map<string, number>();
  /** The requests that have a key, of those. */
  const onTheWay = new Set<string>();
  let received = 0;

  app.use(async (c, next) => {
    const started = performance.now();
    await next();
    const { status } = c.res;
    codes.set(status, (codes.get(status) ?? 0) + 1);
    const route = c.req.routePath === "/*" ? "other" : c.req.routePath;
    const ms = Math.round(performance.now() - started);
    log({ method: c.req.method, route, status, ms, token: c.get("token")?.name });
    c.res.headers.set("X-Content-Type-Options", "nosniff");
    c.res.headers.set(
      "Content-Security-Policy",
      "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'",
    );
    c.res.headers.set("Cache-Control", "no-store");
  });
  app.onError((error, c) => {
    if (error instanceof Refused) return c.json({ error: error.message }, error.status);
    log({ event: "fault", why: error.name });
    return c.json({ error: "a fault of the server" }, 500);
  });
  app.notFound((c) => c.json({ error: "no such thing" }, 404));

  app.get("/health", (c) => c.json({ status: "ok" }));
  app.get("/openapi.json", (c) => c.json(openApi));
  app.get("/metrics", (c) => {
    const states = ["queued", "running", "done", "failed"] as const;
    const all = jobs.list();
    const lines = [
      "# TYPE midash_jobs gauge",
      ...states.map(
        (state) => `midash_jobs{state="${state}"} ${all.filter((job) => job.state === state).length}`,
      ),
      "# TYPE midash_http_responses_total counter",
      ...[...codes].map(([code, n]) => `midash_http_responses_total{code="${code}"} ${n}`),
      "# TYPE midash_upload_bytes_total counter",
      `midash_upload_bytes_total ${received}`,
      "# TYPE midash_job_seconds summary",
      `midash_job_seconds_sum ${work.seconds.sum}`,
      `midash_job_seconds_count ${work.seconds.count}`,
    ];
    return c.text(`${lines.join("\n")}\n`, 200, { "Content-Type": "text/plain; version=0.0.4" });
  });

  app.use("/v1/*", async (c, next) => {
    const token = tokenOf(c.req.header("Authorization"), settings.tokens);
    if (!token) return close(c.json({ error: "give a token: Authorization: Bearer TOKEN" }, 401));
    c.set("token", token);
    return next();
  });

  app.post("/v1/jobs", async (c) => {
    const { name: owner, maxJobs = MAX_JOBS } = c.get("token");
    const requestKey = c.req.header("Idempotency-Key");
    if (requestKey !== undefined && !/^[\w-]{8,100}$/.test(requestKey))
      return close(c.json({ error: "Idempotency-Key must be 8 to 100 letters, digits, - or _" }, 400));
    const earlier = requestKey && jobs.list(owner).find((job) => job.requestKey === requestKey);
    if (earlier) return close(c.json(shown(earlier), 200));
    const request = `${owner} ${requestKey}`;
    if (requestKey !== undefined && onTheWay.has(request))
      return close(c.json({ error: "the same request is on its way" }, 409));
    const extension = EXTENSIONS.find((end) => end === c.req.query("format"));
    if (!extension)
      return close(c.json({ error: `format must be one of ${EXTENSIONS.join(", ")}`, where: "format" }, 400));
    const flags = ["labels", "uncertainty", "classify", "report"] as const;
    const wrong = flags.find((flag) => !["true", "false", undefined].includes(c.req.query(flag)));
    if (wrong) return close(c.json({ error: "must be true or false", where: wrong }, 400));
    const busy = jobs.list(owner).filter(({ state }) => state === "queued" || state === "running").length;
    const under = uploading.get(owner) ?? 0;
    // From here to the count below nothing is waited for, so that no other request comes between.
    if (busy + under >= maxJobs)
      return close(c.json({ error: `${maxJobs} jobs at once are allowed: wait for one` }, 429));
    uploading.set(owner, under + 1);
    onTheWay.add(request);
    try {
      const id = await jobs.begin();
      try {
        const given = c.req.header("Content-Length");
        const length = given === undefined ? undefined : Number(given);
        const body = c.req.raw.body;
        received += await streamToFile(body, jobs.input({ id, extension }), {
          maxBytes: settings.maxBytes,
          length,
        });
      } catch (error) {
        await rm(jobs.folder(id), { recursive: true, force: true });
        if (error instanceof Refused) return close(c.json({ error: error.message }, error.status));
        throw error;
      }
      const asked = Object.fromEntries(flags.map((flag) => [flag, c.req.query(flag) === "true"]));
      const { labels, uncertainty, ...rest } = asked;
      const plan = settings.model
        ? { models: [settings.model], ...rest, preset: false as const }
        : { labels, uncertainty, ...rest, preset: false as const };
      const created = new Date().toISOString();
      const job: Job = { id, owner, requestKey, extension, plan, created, state: "queued" };
      await jobs.put(job);
      return c.json(shown(job), 201, { Location: `/v1/jobs/${id}` });
    } finally {
      uploading.set(owner, uploading.get(owner)! - 1);
      onTheWay.delete(request);
    }
  });

  app.get("/v1/jobs", (c) => c.json({ jobs: jobs.list(c.get("token").name).map(shown) }));

  app.get("/v1/jobs/:id", (c) => {
    const job = jobs.get(c.req.param("id"), c.get("token").name);
    return job ? c.json(shown(job)) : c.notFound();
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
    const type = name.endsWith(".html")
      ? "text/html; charset=utf-8"
      : name.endsWith(".json")
        ? "application/json"
        : "application/octet-stream";
    return c.body(Readable.toWeb(createReadStream(path)) as ReadableStream, 200, {
      "Content-Type": type,
      "Content-Length": String(size),
      "Content-Disposition": `attachment; filename="${name}"`,
    });
  });

  app.get("/v1/jobs/:id/events", (c) => {
    const { name: owner } = c.get("token");
    const first = jobs.get(c.req.param("id"), owner);
    if (!first) return c.notFound();
    return streamSSE(c, async (stream) => {
      await new Promise<void>((resolve) => {
        const say = async (job: Job) => {
          await stream.writeSSE({ event: "job", data: JSON.stringify(shown(job)) });
          if (job.state === "done" || job.state === "failed") end();
        };
        const onChange = (job: Job) => {
          if (job.id === first.id) void say(job);
        };
        const onRemoved = (id: string) => {
          if (id === first.id) end();
        };
        const alive = setInterval(() => void stream.write(": here\n\n"), 15_000);
        const end = () => {
          clearInterval(alive);
          jobs.off("change", onChange).off("removed", onRemoved);
          resolve();
        };
        jobs.on("change", onChange).on("removed", onRemoved);
        stream.onAbort(end);
        void say(first);
      });
    });
  });
  return app;
}

/** What a client sees of a job. */
function shown({ id, state, created, ended, reason, files, plan }: Job) {
  const { labels, uncertainty, classify, report } = plan;
  return { id, state, created, ended, reason, files, plan: { labels, uncertainty, classify, report } };
}

/** The rest of the request is not read. */
function close(response: Response): Response {
  response.headers.set("Connection", "close");
  return response;
}
