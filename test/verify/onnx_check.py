"""Checks ONNX files and runs them: see onnx.ts."""

import json
import sys

import numpy as np
import onnx
import onnxruntime

BAR = 1e-5


def array(tensor):
    return np.array(tensor["data"], np.float32).reshape(tensor["shape"])


def sampled(session, inputs, steps):
    """DDIM as docs/guides/onnx.md says it, on the exported denoising network."""
    z = inputs["noisy"]
    for k in range(steps, 0, -1):
        t, s = k / steps, (k - 1) / steps
        time = np.full(z.shape[0], t, np.float32)
        (v,) = session.run(None, {"image": inputs["image"], "noisy": z, "time": time})
        alpha, sigma = np.cos(np.pi / 2 * t), np.sin(np.pi / 2 * t)
        ct = np.clip(alpha * z - sigma * v, -2, 6)
        noise = (z - alpha * ct) / sigma
        z = (np.cos(np.pi / 2 * s) * ct + np.sin(np.pi / 2 * s) * noise).astype(np.float32) if s > 0 else ct
    return z


def main():
    print(f"onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}")
    failed = 0
    checked = set()
    with open(sys.argv[1]) as file:
        jobs = json.load(file)
    for job in jobs:
        if job["file"] not in checked:
            onnx.checker.check_model(job["file"], full_check=True)
            checked.add(job["file"])
        session = onnxruntime.InferenceSession(job["file"], providers=["CPUExecutionProvider"])
        inputs = {name: array(tensor) for name, tensor in job["inputs"].items()}
        if job["steps"]:
            output = sampled(session, inputs, job["steps"])
        else:
            (output,) = session.run(None, inputs)
        expected = np.moveaxis(array(job["output"]), -1, 1)
        distance = np.abs(output - expected).max() / np.abs(expected).max()
        well = output.shape == expected.shape and distance < BAR
        failed += not well
        print(f"{'ok  ' if well else 'FAIL'} {distance:.1e}  {job['title']}")
    sys.exit(1 if failed else 0)


main()
