import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import type { Env, Parts } from "./http.ts";
import type { Job } from "./jobs.ts";
import { shownJob } from "./shown-job.ts";

/** A job each time that it changes, as server-sent events. */
export function eventRoutes({ jobs }: Parts) {
  return new Hono<Env>().get("/v1/jobs/:id/events", (c) => {
    const first = jobs.get(c.req.param("id"), c.get("token").name);
    if (!first) return c.notFound();
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
    });
  });
}
