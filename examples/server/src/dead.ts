import { parseArgs } from "node:util";
import { deadReason } from "./dead-reason.ts";
import { storeOf } from "./settings.ts";
import { openStore } from "./store.ts";

const USAGE = `npm run dead [-- [ID...] [--retry | --forget] [--json]]

Lists the tasks that failed and are not tried again, with their reasons; or tries them again, or
forgets them: those named, or all.
`;
/** So many are read at once. */
const PAGE = 500;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    retry: { type: "boolean" },
    forget: { type: "boolean" },
    json: { type: "boolean" },
    help: { type: "boolean" },
  },
});
if (values.help || (values.retry && values.forget)) {
  process.stderr.write(USAGE);
  process.exit(2);
}
const store = storeOf(process.env.MIDASH_STORE);
if (store === undefined)
  throw new Error("MIDASH_STORE must be set; without a store, failed jobs are those that the server lists");
const { queue } = openStore(store);
const wanted = positionals.length > 0 ? new Set(positionals) : undefined;
const dead = [];
for (let at = 0; ; at += PAGE) {
  const page = await queue.getFailed(at, at + PAGE - 1);
  dead.push(...page.filter(({ id }) => wanted?.has(id!) ?? true));
  if (page.length < PAGE) break;
}
for (const job of dead) {
  const { id, data, attemptsMade, finishedOn, failedReason } = job;
  const found = {
    id,
    case: data.case?.id,
    out: data.out,
    reason: deadReason(failedReason),
    tries: attemptsMade,
    ended: new Date(finishedOn ?? 0).toISOString(),
  };
  if (values.retry) await job.retry("failed", { resetAttemptsMade: true, resetAttemptsStarted: true });
  if (values.forget) await job.remove();
  process.stdout.write(
    values.json
      ? `${JSON.stringify(found)}\n`
      : `${id}  ${found.case}  ${found.reason}; results: ${found.out}\n`,
  );
}
await queue.close();
