/** The page of a run: who may see it, what it shows, and what changes the run. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TrainEvent } from "../../../road/training/index.ts";
import { previewName } from "../../runs/index.ts";
import { type LivePage, openLivePage } from "./live-page.ts";
import { RunNow } from "./run-now.ts";

const start = {
  type: "start",
  epoch: 0,
  epochs: 9,
  parameters: 1581,
  backend: "wasm",
  step: 0,
} as TrainEvent;
const step = (n: number): TrainEvent => ({
  ...{ type: "step", epoch: 1, step: n, batches: n, samples: 4 },
  loss: 1 / n,
  losses: { loss: 1 / n },
  learningRate: 0.003,
});
const here = { epoch: 0, step: 0 };

let folder: string;
let page: LivePage;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "midash-live-"));
  page = await openLivePage({ port: 0 });
  page.show({ title: "<b>data</b> in run", previews: folder });
});
afterAll(async () => {
  await page.close();
  await rm(folder, { recursive: true, force: true });
});

const post = (body: string, to = page.url) =>
  fetch(`${to}steer`, { method: "POST", body: new URLSearchParams(body), redirect: "manual" });

/** As `fetch`, which sets the host itself. */
function statusFor(host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(page.url, { headers: { host } }, (response) => resolve(response.resume().statusCode))
      .on("error", reject)
      .end();
  });
}

describe("the page of a run", () => {
  test("is on 127.0.0.1 alone, under a key, and loads nothing from elsewhere", async () => {
    const { hostname, pathname, origin } = new URL(page.url);
    expect(hostname).toBe("127.0.0.1");
    expect(pathname).toMatch(/^\/[0-9a-f]{32}\/$/);
    for (const path of [
      "/",
      "/x/",
      `${pathname.slice(0, -2)}/`,
      `${pathname}../../etc/passwd`,
      `${pathname}nothing`,
    ])
      expect((await fetch(origin + path)).status, path).toBe(404);
    expect([await statusFor("evil.example"), await statusFor("127.0.0.1:1")]).toEqual([404, 200]);
    const answer = await fetch(page.url);
    expect(answer.headers.get("content-security-policy")).toMatch(
      /^default-src 'none';.*frame-ancestors 'none'$/,
    );
    const text = await answer.text();
    expect(text).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect(text).toContain("&lt;b&gt;data&lt;/b&gt; in run");
    expect(text).toContain("Checking the cases");
  });

  test("shows in the middle of a run where it stands, its curves and its pictures", async () => {
    const now = new RunNow(10);
    for (const event of [start, step(1), step(2), step(3)]) {
      now.see(event, [
        {
          epoch: 1,
          loss: 0.5,
          losses: { loss: 0.5 },
          validation: { name: "MAE", unit: "HU", value: 77 },
          learningRate: 0.003,
          seconds: 3,
        },
      ]);
      page.see(event, now);
    }
    await writeFile(join(folder, previewName(1)), "a picture");
    page.addPreview(1);
    const text = await (await fetch(page.url)).text();
    expect(text).toContain("Epoch 1 of 9, batch 3 of 10");
    expect(text).toContain("Training loss by step. 1 at step 1, 0.3333 at step 3.");
    expect(text).toContain("Validation MAE, HU");
    expect(text).toContain('value="0.003"');
    expect(text).toContain('src="epoch-0001.png"');
    expect(await (await fetch(`${page.url}epoch-0001.png`)).text()).toBe("a picture");
    expect((await fetch(`${page.url}epoch-0002.png`)).status).toBe(404);
  });

  test("changes the learning rate and stops, once each; what is no learning rate is refused", async () => {
    expect(page.steer(here)).toBeUndefined();
    expect((await post("learningRate=0.0005")).status).toBe(303);
    expect(page.steer(here)).toEqual({ learningRate: 0.0005 });
    expect(page.steer(here)).toBeUndefined();
    for (const wrong of ["abc", "0", "-1", "Infinity", ""])
      expect((await post(`learningRate=${wrong}`)).status, wrong).toBe(400);
    expect((await post(`x=${"a".repeat(2000)}`)).status).toBe(400);
    expect((await post("stop=true", `${new URL(page.url).origin}/x/`)).status).toBe(404);
    expect(page.steer(here)).toBeUndefined();
    await post("stop=true");
    expect(await (await fetch(page.url)).text()).toContain("Stopping after this step");
    expect(page.steer(here)).toEqual({ stop: true });
  });

  test("offers nothing to change once the run has ended, and begins anew with the next", async () => {
    page.see(
      { type: "end", reason: "finished", epochs: 9, best: { epoch: 1, validation: null } },
      new RunNow(10),
    );
    const ended = await (await fetch(page.url)).text();
    expect(ended).toContain("Finished after 9 epochs");
    expect(ended).not.toContain("<form");
    page.show({ title: "next", previews: folder });
    const next = await (await fetch(page.url)).text();
    expect(next).toContain("Checking the cases");
    expect(next).not.toContain("epoch-0001.png");
  });

  test("a port that is taken is said", async () => {
    const port = Number(new URL(page.url).port);
    await expect(openLivePage({ port })).rejects.toThrow(`the port is taken`);
  });
});
