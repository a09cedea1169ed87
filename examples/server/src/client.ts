/** What a job is asked for over the server's API. */
export interface Wanted {
  readonly body: Uint8Array;
  /** How a file with these bytes would end. */
  readonly format: string;
  /** The same key is the same job. */
  readonly key: string;
  readonly labels: boolean;
}

/** Where the server is, and who asks. */
export interface Server {
  readonly origin: string;
  readonly token: string;
}

/** A job's files by name. @throws Error with the server's reason */
export async function doJob(
  server: Server,
  { body, format, key, labels }: Wanted,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const headers = { Authorization: `Bearer ${server.token}` };
  const ask = async (path: string, options: RequestInit = {}) => {
    const answer = await fetch(`${server.origin}/v1/jobs${path}`, {
      signal,
      ...options,
      headers: { ...headers, ...options.headers },
    });
    if (answer.ok) return answer;
    const said = (await answer.json().catch(() => undefined)) as { readonly error?: string } | undefined;
    throw new ServerSays(answer.status, said?.error ?? `status ${answer.status}`);
  };
  const asked = await ask(`?format=${format}&labels=${labels}`, {
    method: "POST",
    body: body as Uint8Array<ArrayBuffer>,
    headers: { "Idempotency-Key": key, "Content-Type": "application/octet-stream" },
  });
  const { id } = (await asked.json()) as { readonly id: string };
  // Ends with the job.
  const events = await (await ask(`/${id}/events`)).text();
  const job = JSON.parse(events.trimEnd().split("data: ").at(-1)!) as {
    readonly state: string;
    readonly reason?: string;
    readonly files?: readonly string[];
  };
  const files = new Map<string, Uint8Array>();
  if (job.state === "done")
    for (const name of job.files ?? [])
      files.set(name, new Uint8Array(await (await ask(`/${id}/files/${name}`)).arrayBuffer()));
  await ask(`/${id}`, { method: "DELETE" });
  if (job.state !== "done") throw new ServerSays(200, job.reason ?? `the job is ${job.state}`);
  return files;
}

/** The server's own words. */
export class ServerSays extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }

  /** Whether it may be otherwise later: too many jobs, a full disk. */
  get passing(): boolean {
    return this.status === 429 || this.status >= 500;
  }
}
