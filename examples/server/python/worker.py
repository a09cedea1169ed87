"""A worker in Python: takes cases from the same queue in Redis as `npm run worker`, and has `midash process` do each.

    pip install -r requirements.txt
    MIDASH_STORE=redis://localhost:6379 python worker.py

MIDASH_COMMAND is the command (default: npx @midash/core). Ctrl-C and SIGTERM finish the case that runs.
"""

import asyncio
import json
import os
import random
import shlex
import signal
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

from bullmq import Worker
from bullmq.custom_errors import UnrecoverableError

QUEUE = "midash"
LOCK_MS = 1000 * int(os.environ.get("MIDASH_LOCK_SECONDS", "15"))
COMMAND = shlex.split(os.environ.get("MIDASH_COMMAND", "npx @midash/core"))
CRASHES = 3


class Crashed(Exception):
    """The command died over the case."""


def log(**facts):
    print(json.dumps(facts), flush=True)


def flags(plan):
    """A plan as the command takes it."""
    found = []
    for model in plan.get("models", []):
        found += ["--model", model]
    for name, flag in (
        ("labels", "--labels"),
        ("uncertainty", "--uncertainty"),
        ("allowPhantomModel", "--allow-phantom-model"),
        ("classify", "--classify"),
        ("report", "--report"),
    ):
        if plan.get(name):
            found.append(flag)
    for name in ("draws", "seed", "outside", "backend", "format"):
        if plan.get(name) is not None:
            found += [f"--{name}", str(plan[name])]
    if plan.get("flips"):
        found += ["--flips", ",".join(plan["flips"])]
    if plan.get("preset") is not None:
        found += ["--preset", plan["preset"] or "none"]
    return found


def place(out, case_id):
    """The name of a case's folder: as encodeURIComponent, and never hidden."""
    name = quote(case_id, safe="!~*'()")
    return Path(out), "%2E" + name[1:] if name.startswith(".") else name


async def process(job, token):
    task = job.data
    case, out = task["case"], task["out"]
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "case.json"
        table.write_text(json.dumps([{"id": case["id"], **case["files"]}]))
        child = await asyncio.create_subprocess_exec(
            *COMMAND, "process", str(table), "--out", out, "--retry", "--json", *flags(task["plan"]),
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the worker, which waits for it
        )
        _, said = await child.communicate()
    results, name = place(out, case["id"])
    failed, done = results / "failed" / f"{name}.json", results / "cases" / name / "record.json"
    if failed.exists():
        record = json.loads(failed.read_text())
        error = record["error"]
        reason = "; ".join(text for text in (error["what"], error.get("hint")) if isinstance(text, str))
        if record["status"] == "set-aside":
            raise Crashed(reason)
        raise (Exception if error["kind"] == "io" else UnrecoverableError)(reason)
    if child.returncode == 0 and done.exists():
        record = json.loads(done.read_text())
        log(job=job.id, event="done", seconds=record["seconds"])
        return {"files": [*record["outputs"], "record.json"], "status": "made", "seconds": record["seconds"]}
    words = said.decode(errors="replace").strip().splitlines()
    # 2: the plan or the input; anything else may pass (a full disk, a command that was killed).
    raise (UnrecoverableError if child.returncode == 2 else Crashed)(words[-1] if words else f"exit code {child.returncode}")


def retry_after(attempts, _type, error, _job):
    """Milliseconds; -1: never."""
    if isinstance(error, Crashed) and attempts >= CRASHES:
        return -1
    return round(min(60_000, 1000 * 2 ** (attempts - 1)) * random.uniform(0.8, 1.2))


async def main():
    store = os.environ.get("MIDASH_STORE", "")
    if not store.startswith(("redis://", "rediss://")):
        sys.exit("MIDASH_STORE must be redis://...")
    end = asyncio.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(one, end.set)
    worker = Worker(
        QUEUE,
        process,
        {
            "connection": store,
            "lockDuration": LOCK_MS,
            "stalledInterval": LOCK_MS,
            "maxStalledCount": 3,
            "settings": {"backoffStrategy": retry_after},
        },
    )
    worker.on("failed", lambda job, error: log(job=job.id, event="failed", tries=job.attemptsMade))
    worker.on("error", lambda *_: None)  # it connects again by itself
    log(event="working", workers=1)
    await end.wait()
    log(event="draining")
    await worker.close()


if __name__ == "__main__":
    asyncio.run(main())
