import { Hono } from "hono";
import type { Env, Parts } from "./http.ts";

/** The queue as a whole, for tokens with `"admin": true`. */
export function queueRoutes({ jobs, work, log }: Parts) {
  const app = new Hono<Env>();
  app.use("/v1/queue/*", (c, next) =>
    c.get("token").admin ? next() : Promise.resolve(c.json({ error: "only for tokens of admins" }, 403)),
  );
  app.get("/v1/queue/failed", (c) => {
    const failed = jobs.list().filter(({ state }) => state === "failed");
    return c.json({
      jobs: failed.map(({ id, owner, created, ended, reason }) => ({ id, owner, created, ended, reason })),
    });
  });
  app.post("/v1/queue/pause", async (c) => {
    await work.pause();
    log({ event: "paused", token: c.get("token").name });
    return c.json({ paused: true });
  });
  app.post("/v1/queue/resume", async (c) => {
    await work.resume();
    log({ event: "resumed", token: c.get("token").name });
    return c.json({ paused: false });
  });
  return app;
}
