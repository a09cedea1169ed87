import { Hono } from "hono";
import { eventRoutes } from "./event-routes.ts";
import { close, type Env, type Parts } from "./http.ts";
import { jobRoutes } from "./job-routes.ts";
import { type Counts, metricsText } from "./metrics.ts";
import { openApi } from "./openapi.ts";
import { pageRoutes } from "./page-routes.ts";
import { queueRoutes } from "./queue-routes.ts";
import type { Settings } from "./settings.ts";
import { tokenOf } from "./tokens.ts";
import { Refused } from "./upload.ts";
import { uploadRoutes } from "./upload-routes.ts";

/** Of all but the page: what is sent is data, and if a browser shows it, then without any rights. */
const SANDBOX =
  "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/** Of one token at once: streams of events, uploads, answers that are not read yet. */
const MAX_REQUESTS = 200;

/** The server's routes. */
export function makeApp(settings: Settings, others: Omit<Parts, "settings">) {
  const parts: Parts = { settings, ...others };
  const { log } = parts;
  const app = new Hono<Env>();
  const counts: Counts = { codes: new Map(), received: 0, open: new Map() };

  app.use(async (c, next) => {
    const started = performance.now();
    await next();
    const { status, headers } = c.res;
    counts.codes.set(status, (counts.codes.get(status) ?? 0) + 1);
    const route = c.req.routePath.includes("*") ? "other" : c.req.routePath;
    const ms = Math.round(performance.now() - started);
    log({ method: c.req.method, route, status, ms, token: c.get("token")?.name });
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("Referrer-Policy", "no-referrer");
    if (!headers.has("Content-Security-Policy")) headers.set("Content-Security-Policy", SANDBOX);
    if (!headers.has("Cache-Control")) headers.set("Cache-Control", "no-store");
  });
  app.onError((error, c) => {
    if (error instanceof Refused) return c.json({ error: error.message }, error.status);
    log({ event: "fault", why: error.name });
    return c.json({ error: "a fault of the server" }, 500);
  });
  app.notFound((c) => c.json({ error: "no such thing" }, 404));

  app.get("/health", (c) => c.json({ status: "ok" }));
  app.get("/openapi.json", (c) => c.json(openApi));
  app.get("/metrics", (c) =>
    c.text(metricsText(parts, counts), 200, { "Content-Type": "text/plain; version=0.0.4; charset=utf-8" }),
  );

  app.use("/v1/*", async (c, next) => {
    const token = tokenOf(c.req.header("Authorization"), settings.tokens);
    if (!token)
      return close(
        c.json({ error: "give a token: Authorization: Bearer TOKEN" }, 401, { "WWW-Authenticate": "Bearer" }),
      );
    const open = counts.open.get(token.name) ?? 0;
    if (open >= MAX_REQUESTS)
      return close(c.json({ error: `${MAX_REQUESTS} requests at once are allowed` }, 429));
    counts.open.set(token.name, open + 1);
    c.env.outgoing.once("close", () => counts.open.set(token.name, counts.open.get(token.name)! - 1));
    c.set("token", token);
    return next();
  });
  app.route("/", uploadRoutes(parts, counts));
  app.route("/", jobRoutes(parts));
  app.route("/", eventRoutes(parts));
  app.route("/", queueRoutes(parts));
  for (const [path, methods] of Object.entries(openApi.paths)) {
    const able = Object.keys(methods).filter((key) => key !== "parameters");
    const allow = able
      .flatMap((method) => (method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()]))
      .join(", ");
    app.all(path.replace(/\{(\w+)\}/g, ":$1"), (c) =>
      close(c.json({ error: `this takes ${allow}` }, 405, { Allow: allow })),
    );
  }
  if (settings.dashboard) app.route("/", pageRoutes(settings.dashboard, { compute: !settings.model }));
  return app;
}
