/** The server of examples/, built as its README says, and what is tried against it. Needs `npm run build` first. */
import { once } from "node:events";
import { readdir, readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { joinBytes } from "../src/base/bytes/index.ts";
import { madeSlice } from "./support/made-dicom.ts";
import { run } from "./support/pack.ts";
import { caseFolders, tinyModelFile } from "./support/processed.ts";
import { buildServer, newToken, type RunningServer, startServer } from "./support/server.ts";

let root = "";
let server: RunningServer | undefined;
/** Of those before. */
const logs: string[] = [];
let mine = "";
let other = "";
let admin = "";
/** Only root may mount. */
const ROOT = process.getuid?.() === 0;
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
  admin = await newToken(root, "admin", { admin: true });
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

  it("believes no header: of size, of place, of another file or address", async () => {
    const nifti = (shape: readonly number[], offset = 352) => {
      const header = new Uint8Array(352);
      const view = new DataView(header.buffer);
      view.setInt32(0, 348, true);
      [shape.length, ...shape].forEach((size, n) => {
        view.setInt16(40 + 2 * n, size, true);
      });
      view.setInt16(70, 4, true); // int16
      view.setInt16(72, 16, true);
      for (let n = 0; n < 4; n++) view.setFloat32(76 + 4 * n, 1, true);
      view.setFloat32(108, offset, true);
      header.set(new TextEncoder().encode("n+1"), 344);
      return header;
    };
    const meta = (file: string) =>
      `NDims = 3\nDimSize = 4 4 4\nElementType = MET_SHORT\nElementSpacing = 1 1 1\nElementDataFile = ${file}\n`;
    const zeros = gzipSync(new Uint8Array(2 ** 24), { level: 9 });
    const bomb = joinBytes([gzipSync(nifti([500, 800, 500])), ...Array<Uint8Array>(24).fill(zeros)]); // 0.4 MB for 400
    const huge = madeSlice(0, { Rows: 65535, Columns: 65535 });
    const hostile: readonly (readonly [string, string | Uint8Array, RegExp])[] = [
      [".nii.gz", bomb, /maxRatio|times/],
      [".nii", nifti([32767, 32767, 32767]), /bytes|short|voxels/],
      [".nii", nifti([-5, 4, 4]), /./],
      [".nii", nifti([4, 4, 4], Number.NaN), /./],
      [".nii", nifti([4, 4, 4], -1e9), /./],
      [".nii", huge, /./],
      [".nii", huge.subarray(0, 400), /./],
      [".mha", meta("../../tokens.json"), /outside its folder/],
      [".mha", meta("/etc/passwd"), /outside its folder/],
      [".mha", meta(`http://127.0.0.1:${server!.port}/health`), /./],
      [
        ".nrrd",
        "NRRD0004\ntype: short\ndimension: 3\nsizes: 4 4 4\nencoding: raw\ndata file: ../../tokens.json\n",
        /./,
      ],
    ];
    const pids = () => readFile(`/proc/${server!.child.pid}/task/${server!.child.pid}/children`, "utf8");
    let most = 0;
    const watch = setInterval(async () => {
      for (const pid of (await pids().catch(() => "")).split(" ").filter(Boolean)) {
        const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
        most = Math.max(most, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
      }
    }, 20);
    const before = server!.said().split("/health").length;
    for (const [format, body, why] of hostile) {
      const asked = await ask(`/v1/jobs?format=${format}`, {
        method: "POST",
        body: body as Uint8Array<ArrayBuffer>,
      });
      const job = await ended(((await asked.json()) as { id: string }).id);
      expect(job.state, `${format} ${why}`).toBe("failed");
      expect(job.reason).toMatch(why);
      expect(job.reason).not.toMatch(/sha256|root:|"status"/);
    }
    clearInterval(watch);
    // Of a process that reads what claims to be 400 MB, 70 TB and 8 GB; 0 where there is no /proc.
    expect(most).toBeLessThan(400);
    expect(server!.said().split("/health").length).toBe(before); // nobody asked it
  });

  it("follows no address, and takes no parameter that it does not know", async () => {
    const address = encodeURIComponent(`http://127.0.0.1:${server!.port}/metrics`);
    for (const name of ["url", "callback", "webhook", "source", "file", "__proto__"]) {
      const path = `/v1/jobs?format=.nii.gz&${name}=${address}`;
      expect((await ask(path, { method: "POST", body: mr })).status, name).toBe(400);
    }
    for (const twice of ["format=.nii", "labels=true&labels=false", "priority=0", "priority=1e9"])
      expect((await ask(`/v1/jobs?format=.nii.gz&${twice}`, { method: "POST", body: mr })).status).toBe(400);
    const json = { "Content-Type": "application/json" };
    expect((await upload(JSON.stringify({ url: "http://127.0.0.1/" }), json)).status).toBe(415);
    const form = head("Content-Type: multipart/form-data; boundary=x", "Content-Length: 1");
    expect(await raw(form)).toMatch(/^HTTP\/1.1 415/);
    const proxied = await raw(
      `GET http://127.0.0.1:1/metrics HTTP/1.1\r\nHost: 127.0.0.1:1\r\nConnection: close\r\n\r\n`,
    );
    expect(proxied).toMatch(/^HTTP\/1.1 (200|400|404)/); // our own, or none: it is no proxy
    expect((await ask("/v1/jobs", { method: "PATCH" })).headers.get("Allow")).toBe("GET, HEAD, POST");
  });

  it("lets an admin alone pause the queue and see what failed; priority decides what is next", async () => {
    expect((await ask("/v1/queue/pause", { method: "POST" })).status).toBe(403);
    expect((await ask("/v1/queue/failed")).status).toBe(403);
    expect((await ask("/v1/queue/pause", { method: "POST" }, admin)).status).toBe(200);
    const put = async (priority: number) => {
      const path = `/v1/jobs?format=.nii.gz&priority=${priority}`;
      return ((await (await ask(path, { method: "POST", body: mr })).json()) as { id: string }).id;
    };
    const [late, soon] = [await put(9), await put(1)];
    const first = ended(soon);
    expect(await (await ask(`/v1/jobs/${soon}`)).json()).toMatchObject({ state: "queued", priority: 1 });
    expect(await (await ask("/metrics")).text()).toContain("midash_queue_paused 1");
    expect((await ask("/v1/queue/resume", { method: "POST" }, admin)).status).toBe(200);
    const done = await Promise.all([first, ended(late)]);
    expect(done.map(({ state }) => state)).toEqual(["done", "done"]);
    expect(done[0]!.ended! < done[1]!.ended!).toBe(true);
    const { jobs } = (await (await ask("/v1/queue/failed", {}, admin)).json()) as { jobs: object[] };
    expect(jobs[0]).toMatchObject({ owner: "mine", reason: expect.any(String) });
    expect(await (await ask("/v1/jobs?state=failed", {}, other)).json()).toEqual({ jobs: [] });
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

  it.skipIf(!ROOT)("says that the disk is full, keeps nothing of the upload, and goes on", async () => {
    // A disk of 1 MB in place of the jobs' folder.
    await run("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", at("data/jobs")], root);
    try {
      const bytes = new Uint8Array(1.9e6).map((_, n) => (n * 2654435761) >>> 24);
      expect((await upload(bytes)).status).toBe(507);
      expect(await folders()).toEqual([]);
      const asked = await upload(mr);
      expect(asked.status).toBe(201); // there is room for this one
      const { id } = (await asked.json()) as { id: string };
      await ask(`/v1/jobs/${id}`, { method: "DELETE" });
    } finally {
      await sleep(500); // who worked on it lets go
      await run("umount", ["-l", at("data/jobs")], root);
    }
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
