import { rm } from "node:fs/promises";
import { Hono } from "hono";
import { close, type Env, type Parts } from "./http.ts";
import type { Job } from "./jobs.ts";
import type { Counts } from "./metrics.ts";
import { isWrong, readQuery } from "./query.ts";
import { shownJob } from "./shown-job.ts";
import { Refused, streamToFile } from "./upload.ts";

/** How files of one volume may end. */
export const EXTENSIONS = [".nii.gz", ".nii", ".mha", ".nrrd", ".mgz", ".mgh"] as const;
const FLAGS = ["labels", "uncertainty", "classify", "report"] as const;
const BOOLEAN = ["true", "false"] as const;
const MAX_JOBS = 10;

const KNOWN = {
  format: EXTENSIONS,
  labels: BOOLEAN,
  uncertainty: BOOLEAN,
  classify: BOOLEAN,
  report: BOOLEAN,
  priority: /^([1-9]|10)$/,
};

/** `POST /v1/jobs`: an MR comes in, a job comes of it. */
export function uploadRoutes({ settings, jobs }: Parts, counts: Counts) {
  /** Uploads on their way, by token. */
  const uploading = new Map<string, number>();
  /** The requests that have a key, of those. */
  const onTheWay = new Set<string>();

  return new Hono<Env>().post("/v1/jobs", async (c) => {
    const { name: owner, maxJobs = MAX_JOBS } = c.get("token");
    const requestKey = c.req.header("Idempotency-Key");
    if (requestKey !== undefined && !/^[\w-]{8,100}$/.test(requestKey))
      return close(c.json({ error: "Idempotency-Key must be 8 to 100 letters, digits, - or _" }, 400));
    if (/^(multipart\/|application\/json)/i.test(c.req.header("Content-Type") ?? ""))
      return close(
        c.json({ error: "send the file as it is (curl --data-binary), no form and no JSON" }, 415),
      );
    if (c.req.header("Transfer-Encoding") === undefined && Number(c.req.header("Content-Length") ?? 0) === 0)
      return close(c.json({ error: "the body is empty: send the file as it is" }, 400));
    const query = readQuery(c.req.queries(), KNOWN);
    if (isWrong(query)) return close(c.json(query, 400));
    const { format: extension } = query;
    if (!extension)
      return close(c.json({ error: `must be one of ${EXTENSIONS.join(", ")}`, where: "format" }, 400));
    const asked = Object.fromEntries(FLAGS.map((flag) => [flag, query[flag] === "true"]));
    const { labels, uncertainty, ...rest } = asked;
    const plan = settings.model
      ? { models: [settings.model], ...rest, preset: false as const }
      : { labels, uncertainty, ...rest, preset: false as const };
    const priority = query.priority === undefined ? undefined : Number(query.priority);

    const earlier = requestKey && jobs.list(owner).find((job) => job.requestKey === requestKey);
    if (earlier) {
      const same = earlier.extension === extension && JSON.stringify(earlier.plan) === JSON.stringify(plan);
      return close(
        same ? c.json(shownJob(earlier), 200) : c.json({ error: "this key was another request's" }, 409),
      );
    }
    const request = `${owner} ${requestKey}`;
    if (requestKey !== undefined && onTheWay.has(request))
      return close(c.json({ error: "the same request is on its way" }, 409));
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
        counts.received += await streamToFile(c.req.raw.body, jobs.input({ id, extension }), {
          maxBytes: settings.maxBytes,
          length: given === undefined ? undefined : Number(given),
        });
        const created = new Date().toISOString();
        const job: Job = { id, owner, requestKey, extension, plan, priority, created, state: "queued" };
        await jobs.put(job);
        return c.json(shownJob(job), 201, { Location: `/v1/jobs/${id}` });
      } catch (error) {
        await rm(jobs.folder(id), { recursive: true, force: true });
        if (error instanceof Refused) return close(c.json({ error: error.message }, error.status));
        throw error;
      }
    } finally {
      uploading.set(owner, uploading.get(owner)! - 1);
      onTheWay.delete(request);
    }
  });
}
