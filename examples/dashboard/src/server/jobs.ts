/** What the server is asked: its description is at /openapi.json. */
import { token } from "./token.ts";

/** As much of a job as is shown. */
export interface Job {
  readonly id: string;
  readonly state: "queued" | "running" | "done" | "failed";
  readonly progress?: number;
  readonly reason?: string;
}

async function ask(path: string, options: RequestInit = {}): Promise<Response> {
  const headers = { ...options.headers, Authorization: `Bearer ${token.value}` };
  const answer = await fetch(`v1/jobs${path}`, { ...options, headers });
  if (answer.status === 401)
    throw new Error("The server does not know this token. Ask for one who looks after it.");
  if (!answer.ok) {
    const said = (await answer.json().catch(() => undefined)) as { readonly error?: string } | undefined;
    throw new Error(`The server refuses: ${said?.error ?? answer.status}.`);
  }
  return answer;
}

/** @param format how the file ends */
export async function upload(
  file: Blob,
  format: string,
  uncertainty: boolean,
  signal: AbortSignal,
): Promise<Job> {
  const query = new URLSearchParams({ format, labels: "true", uncertainty: `${uncertainty}` });
  const headers = { "Content-Type": "application/octet-stream" };
  return (await ask(`?${query}`, { method: "POST", body: file, headers, signal })).json() as Promise<Job>;
}

/** The job when it has ended. A stream that breaks off is asked for again. */
export async function follow(id: string, onChange: (job: Job) => void, signal: AbortSignal): Promise<Job> {
  for (;;) {
    const events = await ask(`/${id}/events`, { signal });
    let text = "";
    for await (const piece of piecesOf(events.body!)) {
      text += piece;
      const messages = text.split("\n\n");
      text = messages.pop()!;
      for (const message of messages) {
        const data = /^data: (.*)$/m.exec(message)?.[1];
        if (data === undefined) continue; // a sign of life
        const job = JSON.parse(data) as Job;
        onChange(job);
        if (job.state === "done" || job.state === "failed") return job;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

async function* piecesOf(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

export async function file(id: string, name: string, signal: AbortSignal): Promise<Uint8Array> {
  return new Uint8Array(await (await ask(`/${id}/files/${name}`, { signal })).arrayBuffer());
}

/** Cancels it, and deletes what the server has of it. */
export async function remove(id: string): Promise<void> {
  await ask(`/${id}`, { method: "DELETE", keepalive: true });
}
