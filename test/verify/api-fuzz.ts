/**
 * The server of examples/ against its own description: schemathesis makes requests from /openapi.json, right and wrong ones, one after another and in sequences, and checks each answer with all of its checks.
 *
 *   MIDASH_PYTHON=.tmp/verify-venv/bin/python npm run verify:api [-- --examples 100] [--seed 1]
 *
 * Needs `npm run build`, and schemathesis (test/verify/requirements.txt). Ends with 1 where there is a finding, or where the server logged a fault.
 */
import { spawn } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { caseFolders, tinyModelFile } from "../support/processed.ts";
import { buildServer, newToken, startServer } from "../support/server.ts";

const { values } = parseArgs({
  options: { examples: { type: "string", default: "100" }, seed: { type: "string", default: "1" } },
});
const python = process.env.MIDASH_PYTHON ?? "python3";

const folder = await buildServer();
await tinyModelFile(folder);
await caseFolders(join(folder, "cohort"), ["a"], () => false);
const user = await newToken(folder, "user", { maxJobs: 1e9 }); // a quota of ten would answer 429 to nearly all uploads
const admin = await newToken(folder, "admin", { maxJobs: 1e9, admin: true });
const server = await startServer(folder, {
  MIDASH_MODEL: "own.safetensors",
  MIDASH_MAX_MB: "2",
  MIDASH_WORKERS: "2",
});
const origin = `http://127.0.0.1:${server.port}`;

/** @returns whether there was no finding */
async function fuzz(title: string, token: string, more: readonly string[], config = ""): Promise<boolean> {
  const settings = join(folder, "schemathesis.toml");
  await writeFile(settings, config);
  console.log(`\n== ${title}`);
  const schemathesis = spawn(
    python,
    [
      ...["-m", "schemathesis.cli", "--config-file", settings, "run", `${origin}/openapi.json`],
      ...["--header", `Authorization: Bearer ${token}`, "--checks", "all", "--continue-on-failure"],
      ...["--max-examples", values.examples, "--seed", values.seed, "--request-timeout", "60"],
      ...["--generation-database", "none", ...more],
    ],
    { cwd: folder, stdio: "inherit" },
  );
  return new Promise((resolve, reject) => {
    schemathesis.once("error", reject);
    schemathesis.once("exit", (code) => resolve(code === 0));
  });
}

/** A job that is done, so that there are files to ask for. */
async function doneJob(): Promise<string> {
  const headers = { Authorization: `Bearer ${user}` };
  const body = await readFile(join(folder, "cohort/a/mr.nii.gz"));
  const asked = await fetch(`${origin}/v1/jobs?format=.nii.gz&report=true&priority=1`, {
    method: "POST",
    headers,
    body,
  });
  const { id } = (await asked.json()) as { id: string };
  await (await fetch(`${origin}/v1/jobs/${id}/events`, { headers })).text();
  return id;
}

/** Of routes without links to others there are no sequences. */
const ALONE = ["--phases", "examples,coverage,fuzzing"];
const files = "/v1/jobs/{id}/files/{name}";
let clean = true;
try {
  clean = (await fuzz("all but the files, as a user", user, ["--exclude-path", files])) && clean;
  const id = await doneJob();
  for (const name of ["sct.nii.gz", "report.html", "record.json"])
    clean =
      (await fuzz(
        `${name} of a job`,
        user,
        ["--include-path", files, ...ALONE],
        `[parameters]\nid = "${id}"\nname = "${name}"\n`,
      )) && clean;
  clean = (await fuzz("files at random", user, ["--include-path", files, ...ALONE])) && clean;
  clean =
    (await fuzz("the queue, as an admin", admin, ["--include-path-regex", "^/v1/queue/", ...ALONE])) && clean;
  const faults = server
    .said()
    .split("\n")
    .filter((line) => line.includes('"fault"'));
  console.log(
    `\n${clean ? "0 findings" : "findings: see above"}; ${faults.length} faults in the server's log`,
  );
  for (const fault of faults.slice(0, 5)) console.log(fault);
  if (!clean || faults.length > 0) process.exitCode = 1;
} finally {
  server.child.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
}
