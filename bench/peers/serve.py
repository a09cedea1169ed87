"""A peer's side of a row's conversation, a line of JSON a message; src/bench/serve.ts is ours.

A suite's script calls serve(make): make(row, settings, folder) gives (work, values, details) and is not timed. work()
is; values(result) and details() say what it computed and whatever else is worth keeping.
"""
import importlib.metadata
import json
import os
import platform
import resource
import sys
import time
from pathlib import Path


def peak_memory():
    """Most resident bytes of this process so far, as src/bench/peak-memory.ts."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024  # bytes on macOS, kilobytes elsewhere


def version(package):
    return importlib.metadata.version(package)


def fingerprint(result):
    """Numbers of an array or a list of arrays, as src/bench/road-steps.ts; axes are counted from the fastest."""
    import numpy as np

    if isinstance(result, list):
        flat = np.concatenate([v.ravel() for v in result])
        return {"all": mean(flat), "values": flat.size}
    out = {"all": mean(result), "values": result.size}
    for axis, n in enumerate(reversed(result.shape)):
        if n > 1:
            out[f"half {axis}"] = mean(result.take(range(n // 2), axis=result.ndim - 1 - axis))
    return out


def mean(v):
    return float(abs(v).mean(dtype="float64"))


def cpu_time():
    """Seconds of this process, all threads, and of the processes that it started and that have ended."""
    children = os.times()
    return time.process_time() + children.children_user + children.children_system


def serve(make, packages):
    row, settings, folder = sys.argv[1], json.loads(sys.argv[2]), Path(sys.argv[3])
    out = sys.stdout
    sys.stdout = sys.stderr  # what libraries print must not end up between our lines

    def say(message):
        out.write(json.dumps(message) + "\n")
        out.flush()

    work, values, details = make(row, settings, folder)
    versions = {"python": platform.python_version(), **{name: version(name) for name in packages}}
    say({"ready": True, "versions": versions, "memory": peak_memory()})
    for line in sys.stdin:
        if line.strip() == "end":
            say({"memory": peak_memory(), "details": details()})
            return
        start, used = time.perf_counter(), cpu_time()
        result = work()
        ms, cpu = 1000 * (time.perf_counter() - start), 1000 * (cpu_time() - used)
        say({"ms": ms, "cpuMs": cpu, "values": values(result)})
