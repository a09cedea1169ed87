import { readFileSync } from "node:fs";
import { join } from "node:path";
import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";
import type { Env } from "./http.ts";

/**
 * The built dashboard, with the headers that its own server sends: two that give the page all cores, and what it may do, as it says itself.
 *
 * @param compute whether the page offers to compute here; by a tag in it, so that nothing is asked of servers of files alone
 */
export function pageRoutes(folder: string, { compute }: { readonly compute: boolean }) {
  const read = readFileSync(join(folder, "index.html"), "utf8");
  const policy = /http-equiv="Content-Security-Policy"\s+content="([^"]+)"/.exec(read)?.[1];
  if (!policy)
    throw new Error(
      "MIDASH_DASHBOARD: its index.html has no Content-Security-Policy: is it the dashboard's?",
    );
  const page = compute
    ? read.replace("<head>", '<head>\n    <meta name="midash-server" content="v1" />')
    : read;
  const app = new Hono<Env>();
  app.use("/*", async (c, next) => {
    await next();
    if (!c.res.ok) return;
    c.header("Content-Security-Policy", `${policy}; frame-ancestors 'none'`);
    c.header("Cross-Origin-Opener-Policy", "same-origin");
    c.header("Cross-Origin-Embedder-Policy", "require-corp");
    c.header("Cross-Origin-Resource-Policy", "same-origin");
    // Names in assets/ carry a hash of what is in them.
    const kept = c.req.path.startsWith("/assets/");
    c.header("Cache-Control", kept ? "public, max-age=31536000, immutable" : "no-cache");
  });
  for (const path of ["/", "/index.html"]) app.get(path, (c) => c.html(page));
  app.get("/*", serveStatic({ root: folder }));
  return app;
}
