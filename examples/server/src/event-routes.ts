import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import type { Env, Parts } from "./http.ts";
import type { Job } from "./jobs.ts";
import type { Counts } from "./metrics.ts";
import { shownJob } from "./shown-job.ts";

/** Of one token at once. */
const MAX_STREAMS = 100;

/** A job each time that it changes, as server-sent events. */
export function eventRoutes({ jobs }: Parts, { streams }: Counts) {
  return new Hono<Env>().get("/v1/jobs/:id/events", (c) => {
    const { name: owner } = c.get("token");
    const first = jobs.get(c.req.param("id"), owner);
    if (!first) return c.notFound();
    const open = streams.get(owner) ?? 0;
    if (open >= MAX_STREAMS) return c.json({ error: `${MAX_STREAMS} streams at once are allowed` }, 429);
    streams.set(owner, open + 1);
    return streamSSE(c, async (stream) => {
      await new Promise<void>((resolve) => {
        const say = async (job: Job) => {
          await stream.writeSSE({ event: "job", data: JSON.stringify(shownJob(job)) });
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
      streams.set(owner, streams.get(owner)! - 1);
    });
  });
}
