import { assert, MidashError } from "../../base/errors/index.ts";
import type { Backend, TensorSession } from "../../networks/backends/index.ts";
import { NUMBER_CHECKS } from "./backend/number-checks.ts";
import { OpLedger, type OpResult } from "./backend/op-ledger.ts";
import { OPTIMIZER_CHECK } from "./backend/optimizer-check.ts";
import { type BackendLab, SESSION_CHECKS } from "./backend/session-checks.ts";
import { type Check, type CheckOptions, type ContractReport, runChecks } from "./checks.ts";

const CHECKS: readonly Check<BackendLab, BackendCheckName>[] = [
  ...SESSION_CHECKS,
  ...NUMBER_CHECKS,
  OPTIMIZER_CHECK,
];

/**
 * What {@link testBackend} checks, in this order:
 *
 * - `session`: names and capabilities; a closed session refuses work, others go on
 * - `queue`, `nested`: work runs one at a time in the order of the calls; `run` inside `run` is refused
 * - `transfer`: float32 values come back as they went in
 * - `deterministic`: the same inputs give the same bits, when `can.deterministic`
 * - `seeded`: tf's random ops follow `session.seed`
 * - `values`: every op that the built-in networks are made of, 2-D and 3-D, against PyTorch in float64 (to 1e-4 of the largest value)
 * - `gradients`: the same of their gradients, when `can.train`
 * - `shapes`: convolutions, norms, poolings and doublings at the sizes, strides and channels where fast kernels take other paths, values
 *   and gradients against float64
 * - `threads`: the same bits on one thread and on two, where the backend has {@link Backend.withThreads}
 * - `tensorLeaks`: neither tensors nor their buffers pile up
 * - `optimizer`: steps of Adam against the paper's formulas in float64, when `can.train`
 */
export type BackendCheckName =
  | "session"
  | "queue"
  | "nested"
  | "transfer"
  | "deterministic"
  | "seeded"
  | "values"
  | "gradients"
  | "shapes"
  | "threads"
  | "tensorLeaks"
  | "optimizer";

/** Options of {@link testBackend}. */
export type TestBackendOptions = CheckOptions<BackendCheckName>;

/** What {@link testBackend} resolves to; also the `cause` of the error that it throws when a check fails. */
export interface BackendReport extends ContractReport {
  /** How each op did in `values`, `gradients` and `shapes`. */
  readonly ops: readonly OpResult[];
}

/**
 * Checks that a backend keeps the contract of {@link Backend} and computes the right numbers. Needs no test runner: it throws
 * when a check fails. It opens the backend, so run it where the backend is supported.
 *
 * @example
 * test("contract", () => testBackend(mybackend()));
 *
 * @throws MidashError that lists every failed check; its `cause` is the {@link BackendReport}. `unsupported` when the backend can't
 *   run here, `aborted`
 */
export async function testBackend(
  backend: Backend,
  options: TestBackendOptions = {},
): Promise<BackendReport> {
  assert(typeof backend?.name === "string" && backend.name !== "", "a backend needs a name", {
    where: "testBackend",
  });
  for (const method of ["supports", "open"] as const)
    assert(typeof backend[method] === "function", `a backend needs ${method}()`, { where: "testBackend" });
  const supported = await backend.supports();
  if (supported !== true) {
    const reason = supported?.reason;
    assert(reason, "supports() must give true or { reason }", { where: backend.name });
    throw new MidashError("unsupported", reason, { where: backend.name });
  }
  const session = await backend.open();
  try {
    assert(session.tensors, "its session has no tensors", { where: backend.name });
    const ledger = new OpLedger();
    const ofTensors = backend as Backend<TensorSession>; // its sessions are of one kind
    const lab: BackendLab = { backend: ofTensors, session, ledger, signal: options.signal };
    return await runChecks(backend.name, CHECKS, lab, options, undefined, () => ({ ops: ledger.results() }));
  } finally {
    session.close();
  }
}
