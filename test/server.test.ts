/** The server of examples/, built as its README says, and what is tried against it. Needs `npm run build` first. */
import { once } from "node:events";
import { readdir, readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { caseFolders, tinyModelFile } from "./support/processed.ts";
import { buildServer, newToken, type RunningServer, startServer } from "./support/server.ts";

let root = "";
let server: RunningServer | undefined;
/** Of those before. */
const logs: string[] = [];
let mine = "";
let other = "";
let mr: Uint8Array<ArrayBuffer>;
const at = (...parts: readonly string[]) => join(root, ...parts);
const SETTINGS = {
  MIDASH_MODEL: "own.safetensors",
  MIDASH_MAX_MB: "2",
  MIDASH_UPLOAD_SECONDS: "3",
};

async function start(): Promise<void> {
  if (server) logs.push(server.said());
  server = await startServer(root, SETTINGS);
}

beforeAll(async () => {
  root = await buildServer();
  await tinyModelFile(root);
  await caseFolders(at("cohort"), ["a"], () => false);
  mr = new Uint8Array(await readFile(at("cohort/a/mr.nii.gz")));
  mine = await newToken(root, "mine");
  other = await newToken(root, "other");
  await start();
});
afterAll(async () => {
  server?.child.kill("SIGKILL");
  await rm(root, { recursive: true, force: true });
});

const ask = (path: string, options: RequestInit = {}, token = mine) =>
  fetch(`http://127.0.0.1:${server!.port}${path}`, {
    ...options,
    headers: { Authorization: `Bearer ${token}`, ...options.headers },
  });
const upload = (body: BodyInit, headers: Record<string, string> = {}, token = mine) =>
  ask("/v1/jobs?format=.nii.gz&classify=true", { method: "POST", body, headers }, token);
const folders = () => readdir(at("data/jobs"));

/** The job when it has ended, as its events say. */
async function ended(id: string): Promise<Record<string, unknown>> {
  const events = await (await ask(`/v1/jobs/${id}/events`)).text();
  return JSON.parse(events.trimEnd().split("data: ").at(-1)!) as Record<string, unknown>;
}

/** What comes back for bytes that no client would send; "" where the server closes without a word. */
async function raw(
  text: string,
  { later, wait = 6000 }: { later?: string; wait?: number } = {},
): Promise<string> {
  const socket = connect(server!.port, "127.0.0.1");
  let back = "";
  socket.on("data", (bytes) => {
    back += bytes;
  });
  socket.on("error", () => undefined);
  socket.write(text);
  if (later !== undefined) setTimeout(() => socket.write(later), 50);
  await Promise.race([once(socket, "close"), sleep(wait)]);
  socket.destroy();
  return back;
}
const head = (...more: readonly string[]) =>
  ["POST /v1/jobs?format=.nii.gz HTTP/1.1", "Host: x", `Authorization: Bearer ${mine}`, ...more, "", ""].join(
    "\r\n",
  );

describe("the server", () => {
  it("takes an MR, says how far it is, and gives what was made of it", async () => {
    const answer = await upload(mr);
    expect(answer.status).toBe(201);
    const { id } = (await answer.json()) as { id: string };
    const job = await ended(id);
    expect(job).toMatchObject({ id, state: "done" });
    expect(job.files).toEqual(["density.nii.gz", "sct.nii.gz", "record.json"]);
    const sct = new Uint8Array(await (await ask(`/v1/jobs/${id}/files/sct.nii.gz`)).arrayBuffer());
    expect([...sct.subarray(0, 2)]).toEqual([0x1f, 0x8b]);
    expect(await (await ask("/metrics")).text()).toContain('midash_jobs{state="done"} 1');
    const gone = await ask(`/v1/jobs/${id}`, { method: "DELETE" });
    expect([gone.status, (await ask(`/v1/jobs/${id}`)).status, await folders()]).toEqual([204, 404, []]);
  });

  it("describes each of its routes", async () => {
    const { paths } = (await (await ask("/openapi.json")).json()) as { paths: Record<string, object> };
    const names = (await readdir(at("src"))).filter((name) => /^app\.ts$|-routes\.ts$/.test(name));
    const source = (await Promise.all(names.map((name) => readFile(at("src", name), "utf8")))).join("");
    const routes = [...source.matchAll(/\.(?:get|post|delete)\("(\/[a-z][^"]+)"/g)].map(([, path]) =>
      path!.replace(/:(\w+)/g, "{$1}"),
    );
    expect(Object.keys(paths).sort()).toEqual([...new Set(routes)].sort());
  });

  it("knows no forged token, and another's jobs not at all", async () => {
    const { id } = (await (await upload(mr)).json()) as { id: string };
    await ended(id);
    const forged = ["", "x", `${mine}x`, mine.slice(0, -1), "null", "../tokens.json", "a".repeat(5000)];
    for (const token of forged)
      expect((await ask("/v1/jobs", {}, token)).status, token.slice(0, 50)).toBe(401);
    for (const path of ["", "/events", "/files/sct.nii.gz"])
      expect((await ask(`/v1/jobs/${id}${path}`, {}, other)).status).toBe(404);
    expect((await ask(`/v1/jobs/${id}`, { method: "DELETE" }, other)).status).toBe(404);
    expect(await (await ask("/v1/jobs", {}, other)).json()).toEqual({ jobs: [] });
  });

  it("leads to no file but its results", async () => {
    const [id] = await folders();
    for (const name of [
      "../job.json",
      "..%2fjob.json",
      "..%2f..%2f..%2ftokens.json",
      "%2e%2e/job.json",
      "mr.nii.gz",
      "record.json%00",
      "....//job.json",
    ])
      expect((await ask(`/v1/jobs/${id}/files/${name}`)).status, name).toBe(404);
    for (const path of ["..", "%2e%2e", "..%2f..", `${id}%2f..`])
      expect((await ask(`/v1/jobs/${path}`)).status).toBe(404);
    expect(
      await raw(
        `GET /v1/jobs/${id}/files/../../../tokens.json HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${mine}\r\nConnection: close\r\n\r\n`,
      ),
    ).toMatch(/^HTTP\/1.1 404/);
    for (const format of ["/../../x", ".exe", "", ".nii.gz%00", "..%2f..%2fx.nii"])
      expect((await ask(`/v1/jobs?format=${format}`, { method: "POST", body: mr })).status).toBe(400);
  });

  it("refuses bodies that are too large, never end, or are not as long as they say, and keeps nothing of them", async () => {
    const before = (await folders()).length;
    expect((await upload(new Uint8Array(3e6)).catch(() => ({ status: 413 }))).status).toBe(413);
    expect(await raw(head("Content-Length: 99999999999999"))).toMatch(/^HTTP\/1.1 413/);
    expect(await raw(head("Content-Length: 5000"), { later: "only this" })).not.toMatch(/ 201 /);
    expect(await raw(head("Transfer-Encoding: chunked"), { later: "5\r\nhello\r\n" })).not.toMatch(/ 201 /); // and no end
    const endless = `${"10000\r\n"}${"x".repeat(65536)}\r\n`.repeat(40);
    expect(await raw(head("Transfer-Encoding: chunked") + endless)).toMatch(/^(HTTP\/1.1 413|$)/);
    for (const lie of [
      "Content-Length: -1",
      "Content-Length: 5, 6",
      "Content-Length: 5\r\nTransfer-Encoding: chunked",
    ])
      expect(await raw(head(lie), { later: "hello" }), lie).toMatch(/^HTTP\/1.1 400/);
    expect((await upload("")).status).toBe(400);
    await sleep(200);
    expect((await folders()).length).toBe(before);
  });

  it("takes what is no image, or a gzip bomb, for a failed job, and goes on", async () => {
    const bomb = gzipSync(new Uint8Array(300e6), { level: 9 });
    for (const body of [bomb, gzipSync(mr.subarray(0, 900)), new TextEncoder().encode("<script>")]) {
      const { id } = (await (await upload(body as Uint8Array<ArrayBuffer>)).json()) as { id: string };
      const job = await ended(id);
      expect(job.state).toBe("failed");
      expect(job.reason).not.toContain(root);
      expect(job.reason).not.toMatch(/data\/jobs/);
    }
    expect((await ask("/health")).status).toBe(200);
  });

  it("passes no header on, and takes none with line breaks", async () => {
    const path = "/v1/jobs?format=.nii.gz%0d%0aX-Evil:%201";
    const answer = await ask(path, { method: "POST", body: mr });
    expect([answer.status, answer.headers.get("X-Evil")]).toEqual([400, null]);
    expect((await upload(mr, { "Idempotency-Key": "a b;../../c" })).status).toBe(400);
    expect(await raw(`GET /health HTTP/1.1\r\nHost: x\r\nA: b\rX: y\r\n\r\n`)).toMatch(/^HTTP\/1.1 400/);
    expect(await raw(`GET /health HTTP/1.1\r\nHost: x\r\nA: ${"x".repeat(20_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 431/,
    );
  });

  it("makes one job of a request that is sent again, and no more jobs at once than a token may have", async () => {
    const again = await Promise.all(
      [1, 2, 3].map(() => upload(mr, { "Idempotency-Key": "same-request" }, other)),
    );
    const first = again.filter(({ status }) => status === 201);
    expect(first).toHaveLength(1);
    expect(again.every(({ status }) => [200, 201, 409].includes(status))).toBe(true);
    const { id } = (await first[0]!.json()) as { id: string };
    expect(await (await upload(mr, { "Idempotency-Key": "same-request" }, other)).json()).toMatchObject({
      id,
    });
    const race = await Promise.all(Array.from({ length: 30 }, () => upload(mr, {}, other)));
    const codes = race.map(({ status }) => status);
    expect(codes.filter((code) => code === 201).length).toBeLessThanOrEqual(10);
    expect(codes.every((code) => code === 201 || code === 429)).toBe(true);
    expect((await upload(mr)).status).toBe(201); // of another token
    // The rest need not be done: that cancels what waits and what runs.
    for (const token of [mine, other]) {
      const { jobs } = (await (await ask("/v1/jobs", {}, token)).json()) as { jobs: { id: string }[] };
      for (const job of jobs)
        expect((await ask(`/v1/jobs/${job.id}`, { method: "DELETE" }, token)).status).toBe(204);
    }
  });

  it("serves others while hundreds are slow", async () => {
    const slow = Array.from({ length: 300 }, () => {
      const socket = connect(server!.port, "127.0.0.1");
      socket.on("error", () => undefined);
      socket.write(head("Content-Length: 100000").slice(0, 60));
      return socket;
    });
    await sleep(300);
    expect((await ask("/health")).status).toBe(200); // answered at all
    for (const socket of slow) socket.destroy();
  });

  it("loses no job when it is killed, and ends cleanly when it is told to", async () => {
    const { id } = (await (await upload(mr)).json()) as { id: string };
    server!.child.kill("SIGKILL");
    await server!.ended;
    await start();
    expect(await ended(id)).toMatchObject({ id, state: "done" });
    server!.child.kill("SIGTERM");
    expect(await server!.ended).toBe(0);
    const log = [...logs, server!.said()].join("");
    // Nothing but what was meant to be there.
    for (const line of log.trim().split("\n"))
      expect(
        Object.keys(JSON.parse(line) as object).every((name) =>
          /^(time|method|route|status|ms|token|job|event|seconds|port|tokens|why)$/.test(name),
        ),
        line,
      ).toBe(true);
    expect(log).not.toMatch(/nii|mr\.|cohort|tokens\.json/);
  });
});
