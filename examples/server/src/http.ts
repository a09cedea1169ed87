import type { HttpBindings } from "@hono/node-server";
import type { Jobs } from "./jobs.ts";
import type { Log } from "./log.ts";
import type { Settings, TokenEntry } from "./settings.ts";
import type { Work } from "./work.ts";

/** What each route knows. */
export interface Env {
  Bindings: HttpBindings;
  Variables: { token: TokenEntry };
}

/** What the routes work with. */
export interface Parts {
  readonly settings: Settings;
  readonly jobs: Jobs;
  readonly work: Work;
  readonly log: Log;
}

/** The rest of the request is not read. */
export function close(response: Response): Response {
  response.headers.set("Connection", "close");
  return response;
}
