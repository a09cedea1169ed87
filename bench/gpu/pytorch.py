"""Peer of the GPU suite: the same networks in PyTorch, float32 with TF32 off, with it on, and AMP with channels last. On CUDA; on a CPU, float32 alone, as a rehearsal.

Speaks the lines of bench/gpu/serve-engine.mjs. Batches come from the host and results go back to it, the loss of each step too, as on all sides.
"""
import json
import os
import sys
import time
from pathlib import Path

import torch

here = Path(__file__).resolve().parent
sys.path[:0] = [str(place) for place in (here, here.parent / "peers")]
from unet import UNet  # noqa: E402

CUDA = torch.cuda.is_available()
DEVICE = "cuda" if CUDA else "cpu"


def safetensors(path):
    """Name -> array of a float32 file."""
    import numpy as np

    data = np.memmap(path, mode="r")
    length = int(data[:8].view("<u8")[0])
    header = json.loads(bytes(data[8 : 8 + length]))
    header.pop("__metadata__", None)
    body = data[8 + length :]
    arrays = {}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        arrays[name] = np.frombuffer(body[start:end].tobytes(), "<f4").reshape(entry["shape"])
    return arrays


def median_ms(work, least=0.3):
    """By the clock, the GPU waited for."""
    def done():
        if CUDA:
            torch.cuda.synchronize()

    for _ in range(2):
        work()
    done()
    times, begun = [], time.time()
    while time.time() - begun < least or len(times) < 3:
        start = time.perf_counter()
        work()
        done()
        times.append(1e3 * (time.perf_counter() - start))
    return sorted(times)[len(times) // 2]


def set_tf32(on):
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = on


def facts():
    """Versions, and what the library's own products of matrices reach: TFLOP/s."""
    found = {"torch": torch.__version__, "cuda": torch.version.cuda, "device": torch.cuda.get_device_name() if CUDA else f"CPU, {torch.get_num_threads()} threads"}
    n = 8192 if CUDA else 256
    kinds = (("fp32", torch.float32, False), ("tf32", torch.float32, True), ("bf16", torch.bfloat16, True), ("fp16", torch.float16, True))
    for name, kind, tf32 in kinds if CUDA else kinds[:1]:
        set_tf32(tf32)
        a, b = (torch.randn(n, n, device=DEVICE, dtype=kind) for _ in range(2))
        found[f"matmul_{name}_tflops"] = float(f"{2 * n**3 / median_ms(lambda: a @ b) / 1e9:.3g}")
    x = torch.empty(2**29 if CUDA else 2**20, device=DEVICE)
    y = torch.empty_like(x)
    found["copy_gb_s"] = float(f"{8 * x.numel() / median_ms(lambda: y.copy_(x)) / 1e6:.3g}")
    del a, b, x, y
    if CUDA:
        torch.cuda.empty_cache()
    return found


def open_case(s, mode, folder):
    if not CUDA and mode != "torch-fp32":
        raise RuntimeError("PyTorch sees no CUDA here")
    set_tf32(mode != "torch-fp32")
    if s["kind"] == "conv":
        return convolution(s, mode)
    if s["kind"] in ("train", "predict"):
        return network(s, mode, folder)
    raise RuntimeError(f"no {s['kind']} here")


def network(s, mode, folder):
    dims, batch = s["dims"], s["batch"]
    name = f"train-{s['baseFilters']}x{s['levels']}-{s['size']}-{batch}{'-3d' if dims == 3 else ''}.safetensors"
    tensors = safetensors(Path(folder) / name)
    amp = mode == "torch-amp"
    last = {2: torch.channels_last, 3: torch.channels_last_3d}[dims] if amp else torch.contiguous_format
    net = UNet(s["baseFilters"], s["levels"], dims).load(tensors).to(DEVICE).to(memory_format=last)
    shape = (batch, 1, *[s["size"]] * dims)  # one channel: NHWC and NCHW hold the same order
    host = [torch.tensor(tensors[f"batch.{key}"]).reshape(shape) for key in ("input", "target", "mask")]
    autocast = lambda: torch.autocast(DEVICE, torch.float16, enabled=amp)  # noqa: E731
    put = lambda x: x.to(DEVICE).contiguous(memory_format=last)  # noqa: E731
    if s["kind"] == "predict":

        @torch.inference_mode()
        def predict():
            with autocast():
                return net(put(host[0])).float().cpu()

        return predict, lambda out: {"mean": float(out.double().abs().mean())}
    adam = torch.optim.Adam(net.parameters(), lr=1e-4, fused=CUDA)
    scaler = torch.amp.GradScaler(DEVICE, enabled=amp)

    def train():
        x, y, mask = (put(each) for each in host)
        adam.zero_grad(set_to_none=True)
        with autocast():
            out = net(x)
        loss = ((out.float() - y).abs() * mask).sum() / mask.sum()
        scaler.scale(loss).backward()
        scaler.step(adam)
        scaler.update()
        return loss.item()

    return train, lambda loss: {"loss": loss}


def convolution(s, mode):
    dims = s["dims"]
    amp = mode == "torch-amp"
    last = {2: torch.channels_last, 3: torch.channels_last_3d}[dims] if amp else torch.contiguous_format
    kind = torch.float16 if amp else torch.float32
    at = lambda channels: torch.randn(s["batch"], channels, *[s["size"]] * dims, device=DEVICE, dtype=kind).contiguous(memory_format=last)  # noqa: E731
    x, dy = at(s["from"]), at(s["to"])
    w = torch.randn(s["to"], s["from"], *[s["filter"]] * dims, device=DEVICE, dtype=kind).contiguous(memory_format=last)
    pad = [s["filter"] // 2] * dims
    ones, zeros = [1] * dims, [0] * dims
    if s["pass"] == "forward":
        function = {2: torch.nn.functional.conv2d, 3: torch.nn.functional.conv3d}[dims]
        return (lambda: function(x, w, padding=pad)), lambda _: {}
    which = [s["pass"] == "input", s["pass"] == "filter", False]
    return (lambda: torch.ops.aten.convolution_backward(dy, x, w, None, ones, pad, ones, False, zeros, 1, which)), lambda _: {}


def main():
    out = sys.stdout
    sys.stdout = sys.stderr  # what libraries print must not end up between our lines
    if not CUDA:
        torch.set_num_threads(os.cpu_count() or 1)
    # cuDNN's search takes seconds for each new shape; asked for where there is time.
    torch.backends.cudnn.benchmark = CUDA and os.environ.get("CUDNN_SEARCH") == "1"

    def say(message):
        out.write(json.dumps(message) + "\n")
        out.flush()

    say({"ready": True, "facts": {**facts(), "cudnn_search": torch.backends.cudnn.benchmark}})
    opened = {}
    for line in sys.stdin:
        message = json.loads(line)
        try:
            if "open" in message:
                opened[message["as"]] = open_case(message["open"], message["as"], message["folder"])
                say({})
            elif "run" in message:
                work, values = opened[message["as"]]
                set_tf32(message["as"] != "torch-fp32")
                start, used, result = time.perf_counter(), time.process_time(), None
                for _ in range(message["run"]):
                    result = work()
                if CUDA:
                    torch.cuda.synchronize()
                ms = 1e3 * (time.perf_counter() - start)
                cpu = 1e3 * (time.process_time() - used)
                say({"ms": ms, "cpuMs": cpu, "values": values(result)})
            else:
                opened.pop(message["close"], None)
                work = values = result = None
                if CUDA:
                    torch.cuda.empty_cache()
                say({})
        except Exception as error:  # noqa: BLE001: the row says it
            say({"error": str(error).split("\n")[0][:300]})


main()
