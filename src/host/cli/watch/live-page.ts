import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { MidashError } from "../../../base/errors/index.ts";
import { valueKinds } from "../../../base/options/index.ts";
import { trainingPageHtml } from "../../../evaluation/report/index.ts";
import type { FitOptions, Steering, TrainEvent } from "../../../road/training/index.ts";
import { previewName } from "../../runs/index.ts";
import type { Output } from "../io/output.ts";
import { clock } from "./pace.ts";
import { megabytes, type RunNow } from "./run-now.ts";
import { StepCurve } from "./step-curve.ts";

/** The flag that asks for the page. */
export const LIVE_OPTION = [
  "--watch [port]",
  "serve a page of curves and pictures on this machine while it trains, on which the learning rate can be changed and the run stopped (default port: a free one)",
] as const;

/** What the page needs to know before there is a run. */
interface LiveOptions {
  /** 0: any that is free. */
  readonly port: number;
}

/** The page that `--watch` asks for; its address is said. @throws MidashError `invalid-argument`, or `io` when the port is taken */
export async function livePage(
  given: string | true | undefined,
  output: Output,
): Promise<LivePage | undefined> {
  if (given === undefined) return undefined;
  const port = given === true ? 0 : valueKinds.integer({ min: 1, max: 65_535 }).read(given, "--watch");
  const page = await openLivePage({ port });
  output.say(`Watch it at ${page.url}`);
  return page;
}

/** What a page shows. */
export interface ShownRun {
  readonly title: string;
  /** Where its pictures are. */
  readonly previews: string;
}

/** A page that is served: of one run after the other, where a command does several. */
export interface LivePage {
  /** Begins with a run, from nothing. */
  show(run: ShownRun): void;
  /** With a key that nobody else on this machine can guess. */
  readonly url: string;
  readonly steer: NonNullable<FitOptions["steer"]>;
  see(event: TrainEvent, now: RunNow): void;
  /** Says that there is a picture of this epoch. */
  addPreview(epoch: number): void;
  close(): Promise<void>;
}

/** Bytes of a form. */
const LARGEST_FORM = 1000;

/**
 * Serves the page of a run on 127.0.0.1 alone, under a path that is a random key: other users of the machine, and pages of the web, can neither see nor change
 * the run. It is answered between two steps of the run, and between two batches of a validation: it waits while one of them, or the score of a case, is computed.
 *
 * @throws MidashError `io` when the port is taken
 */
export async function openLivePage({ port }: LiveOptions): Promise<LivePage> {
  const key = randomBytes(16).toString("hex");
  let run: ShownRun = { title: "midash train", previews: "" };
  let curve = new StepCurve();
  let previews: number[] = [];
  let now: RunNow | undefined;
  let ended: string | undefined;
  let wanted: Steering | undefined;

  const pageOf = (nonce: string) =>
    trainingPageHtml({
      title: run.title,
      nonce,
      going: ended === undefined,
      state: ended ?? stateOf(now, wanted),
      facts: factsOf(now),
      steps: curve.points,
      history: now?.history ?? [],
      bestEpoch: now?.best,
      previews: previews.map((epoch) => ({ epoch, src: previewName(epoch) })),
      learningRate: wanted?.learningRate ?? now?.step?.learningRate,
    });

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.writableEnded || response.writeHead(400, SAFE).end());
  });
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const [, given, name = "", ...more] = (request.url ?? "").split("/");
    const found = given === key && more.length === 0 && isLocal(request.headers.host);
    const picture = previews.find((epoch) => previewName(epoch) === name);
    if (found && request.method === "GET" && name === "") {
      const nonce = randomBytes(16).toString("base64");
      response
        .writeHead(200, { ...SAFE, ...policy(nonce), "Content-Type": "text/html; charset=utf-8" })
        .end(pageOf(nonce));
    } else if (found && request.method === "GET" && picture !== undefined) {
      const png = await readFile(join(run.previews, name));
      response.writeHead(200, { ...SAFE, "Content-Type": "image/png" }).end(png);
    } else if (found && request.method === "POST" && name === "steer") {
      wanted = { ...wanted, ...steeringOf(await formOf(request)) };
      response.writeHead(303, { ...SAFE, Location: `/${key}/` }).end();
    } else response.writeHead(404, SAFE).end("no such page\n");
  };

  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) =>
      reject(
        new MidashError(
          "io",
          cause.code === "EADDRINUSE" ? "the port is taken" : `can't be served (${cause.code})`,
          {
            where: `--watch ${port}`,
            hint: "choose another, or none for any that is free",
            cause,
          },
        ),
      ),
    );
    server.listen(port, "127.0.0.1", resolve);
  });
  const at = (server.address() as AddressInfo).port;
  server.unref(); // the run decides when the process ends

  return {
    url: `http://127.0.0.1:${at}/${key}/`,
    show(next) {
      run = next;
      curve = new StepCurve();
      previews = [];
      [now, ended, wanted] = [undefined, undefined, undefined];
    },
    steer() {
      const given = wanted;
      wanted = undefined;
      return given;
    },
    see(event, seen) {
      now = seen;
      if (event.type === "step") curve.add(event.step, event.loss);
      if (event.type === "end") ended = endOf(event);
    },
    addPreview: (epoch) => void previews.push(epoch),
    async close() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/** For all answers: nothing is kept by others, guessed, framed or told to other pages. */
const SAFE = {
  "Cache-Control": "no-store",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Resource-Policy": "same-origin",
} as const;

function policy(nonce: string): { readonly "Content-Security-Policy": string } {
  const own = `'nonce-${nonce}'`;
  return {
    "Content-Security-Policy": `default-src 'none'; img-src 'self'; connect-src 'self'; form-action 'self'; style-src ${own}; script-src ${own}; base-uri 'none'; frame-ancestors 'none'`,
  };
}

/** A page of the web could have its own name point here. */
function isLocal(host: string | undefined): boolean {
  return /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host ?? "");
}

async function formOf(request: IncomingMessage): Promise<URLSearchParams> {
  let text = "";
  for await (const chunk of request) {
    text += chunk;
    if (text.length > LARGEST_FORM) throw new Error("too long");
  }
  return new URLSearchParams(text);
}

function steeringOf(form: URLSearchParams): Steering {
  const rate = form.get("learningRate");
  const learningRate = rate === null ? undefined : Number(rate);
  if (learningRate !== undefined && !(learningRate > 0 && Number.isFinite(learningRate)))
    throw new Error("no learning rate");
  return {
    ...(learningRate === undefined ? {} : { learningRate }),
    ...(form.get("stop") === "true" ? { stop: true } : {}),
  };
}

function stateOf(now: RunNow | undefined, wanted: Steering | undefined): string {
  if (wanted?.stop) return "Stopping after this step";
  if (!now?.start) return "Checking the cases";
  const { step, stepsPerEpoch, start } = now;
  if (!step) return `Epoch ${start.epoch + 1} of ${start.epochs} begins`;
  const of = stepsPerEpoch === undefined ? "" : ` of ${stepsPerEpoch}`;
  return step.batches === stepsPerEpoch
    ? `Validating epoch ${step.epoch} of ${start.epochs}`
    : `Epoch ${step.epoch} of ${start.epochs}, batch ${step.batches}${of}`;
}

function endOf({ reason, epochs }: Extract<TrainEvent, { type: "end" }>): string {
  return `${{ finished: "Finished", "early stopping": "Stopped early", stopped: "Stopped" }[reason]} after ${epochs} epochs; testing`;
}

function factsOf(now: RunNow | undefined): readonly (readonly [string, string])[] {
  const { start, step, samplesPerSecond: speed, secondsLeft: left, history = [] } = now ?? {};
  if (!now || !start) return [];
  const best = history.find(({ epoch }) => epoch === now.best)?.validation;
  return [
    ["Steps", String(step?.step ?? start.step)],
    ["Speed", speed === undefined ? "–" : `${speed.toPrecision(3)} samples/s`],
    ["Memory", megabytes(now.memoryBytes)],
    ["Time left, at most", left === undefined ? "–" : clock(left)],
    ["Learning rate", step ? String(Number(step.learningRate.toPrecision(4))) : "–"],
    [
      "Best validation",
      best ? `${best.name} ${Number(best.value.toPrecision(5))} ${best.unit}, epoch ${now.best}` : "–",
    ],
    ["Model", `${start.parameters.toLocaleString("en")} parameters on ${start.backend}`],
  ];
}
