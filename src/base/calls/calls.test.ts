import { normalize } from "node:path";
import { MessageChannel } from "node:worker_threads";
import { afterEach, expect, it } from "vitest";
import { MidashError } from "../errors/index.ts";
import { answerCalls, Calls, findScript } from "./index.ts";

interface Task {
  readonly do: "double" | "fail" | "break" | "wait";
  readonly values?: Float32Array;
}

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

/** A port stands for the thread; its own events are sent by `emit`. */
function pair() {
  const { port1, port2 } = new MessageChannel();
  open.push(() => port1.close());
  const seen: string[] = [];
  const thread = Object.assign(port1, { terminate: async () => 0 });
  const calls = new Calls<Task>(thread, {
    lost: (how, cause) => new MidashError("internal", `the thread ${how}`, { cause }),
    onSent: () => seen.push("sent"),
    onAnswer: () => seen.push("answered"),
  });
  let release = () => {};
  answerCalls<Task>(
    port2,
    async ({ do: what, values = new Float32Array() }, id) => {
      if (what === "fail") throw new MidashError("limit", "too many", { where: { call: "f", option: "n" } });
      if (what === "break") throw new TypeError("ours");
      if (what === "wait")
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      const data = values.map((v) => 2 * v);
      return { value: { id, data }, transfer: [data.buffer as ArrayBuffer] };
    },
    { onDone: () => seen.push("done") },
  );
  return { calls, seen, port1, release: () => release() };
}

it("answers go to who asked, memory goes along", async () => {
  const { calls, seen } = pair();
  const values = Float32Array.of(1, 2);
  const [a, b] = await Promise.all([
    calls.ask({ do: "double", values }, { transfer: [values.buffer] }),
    calls.ask({ do: "double", values: Float32Array.of(5) }),
  ]);
  expect([a, b]).toEqual([
    { id: 0, data: Float32Array.of(2, 4) },
    { id: 1, data: Float32Array.of(10) },
  ]);
  expect(values).toHaveLength(0);
  expect(seen.filter((what) => what === "sent")).toHaveLength(2);
  expect(seen.indexOf("done")).toBeLessThan(seen.indexOf("answered"));
});

it("errors arrive as they were thrown", async () => {
  const { calls } = pair();
  await expect(calls.ask({ do: "fail" })).rejects.toMatchObject({
    kind: "limit",
    message: "f: n: too many",
    subject: { call: "f", option: "n" },
  });
  await expect(calls.ask({ do: "break" })).rejects.toMatchObject({ kind: "internal", message: "ours" });
  await expect(calls.ask({ do: (() => 1) as unknown as "wait" })).rejects.toThrow(/could not be cloned/);
});

it("a call that is given up hinders no other", async () => {
  const { calls, release } = pair();
  const control = new AbortController();
  const waiting = calls.ask({ do: "wait" }, { signal: control.signal });
  control.abort();
  await expect(waiting).rejects.toMatchObject({ kind: "aborted" });
  await expect(calls.ask({ do: "double" }, { signal: control.signal })).rejects.toMatchObject({
    kind: "aborted",
  });
  await expect(calls.ask({ do: "double" })).resolves.toMatchObject({ id: 1 });
  release();
});

it("a thread that dies fails who waits and who asks later", async () => {
  const { calls, port1 } = pair();
  const waiting = calls.ask({ do: "wait" });
  port1.emit("error", new Error("out of memory"));
  port1.emit("exit", 1);
  await expect(waiting).rejects.toThrow("the thread failed: out of memory");
  await expect(calls.ask({ do: "double" })).rejects.toThrow("the thread failed: out of memory");
  expect(calls.ended).toBe(true);
});

it("a script lies beside the code, or where the package has it", () => {
  const asked: string[] = [];
  const look = (there: (place: string) => boolean) =>
    findScript("node/w.js", (place) => {
      asked.push(normalize(String(place)));
      return there(normalize(String(place)));
    });
  expect(look(() => false)).toBeUndefined();
  expect(asked.map((place) => place.replace(/^.*\/src\/base\//, ""))).toEqual([
    "calls/w.js",
    "calls/node/w.js",
    "node/w.js",
  ]);
  expect(normalize(String(look((place) => place.endsWith("/base/node/w.js"))))).toMatch(
    /\/src\/base\/node\/w\.js$/,
  );
});
