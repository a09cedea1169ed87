"""PyTorch's U-Net on a GPU: what kernels of ours are to be compared with. Prints a line each and writes JSON.

    python3 bench/gpu/peers.py OUT.json [--seconds 40]
"""
import argparse
import json
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "peers"))
from unet import UNet  # noqa: E402

SHAPES = [  # dims, base, levels, side, batch
    (2, 16, 4, 256, 16), (2, 32, 4, 256, 16), (2, 64, 5, 256, 16), (2, 64, 5, 128, 32), (3, 16, 4, 64, 2), (3, 16, 4, 96, 2), (3, 32, 4, 96, 2),
]


def measure(work, device, least=0.4):
    """Median milliseconds by events."""
    for _ in range(3):
        work()
    times, begun = [], time.time()
    while time.time() - begun < least or len(times) < 5:
        if device == "cuda":
            start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            start.record()
            work()
            end.record()
            torch.cuda.synchronize()
            times.append(start.elapsed_time(end))
        else:
            started = time.perf_counter()
            work()
            times.append(1e3 * (time.perf_counter() - started))
    return sorted(times)[len(times) // 2]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--tiny", action="store_true", help="a rehearsal without a GPU")
    args = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.backends.cudnn.benchmark = True
    begun, rows = time.time(), []
    facts = {"torch": torch.__version__, "cuda": torch.version.cuda, "device": torch.cuda.get_device_name() if device == "cuda" else "cpu"}

    def precise(tf32):
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32

    n = 256 if args.tiny else 8192
    for name, kind, tf32 in (("fp32", torch.float32, False), ("tf32", torch.float32, True), ("bf16", torch.bfloat16, True), ("fp16", torch.float16, True)):
        precise(tf32)
        a, b = (torch.randn(n, n, device=device, dtype=kind) for _ in range(2))
        facts[f"matmul_{name}_tflops"] = round(2 * n**3 / measure(lambda: a @ b, device) / 1e9, 1)
    x = torch.empty(2**20 if args.tiny else 2**29, device=device)
    y = torch.empty_like(x)
    facts["copy_gb_s"] = round(8 * x.numel() / measure(lambda: y.copy_(x), device) / 1e6)
    del a, b, x, y
    print(json.dumps(facts), flush=True)
    for dims, base, levels, side, batch in [(2, 4, 3, 32, 1), (3, 4, 3, 16, 1)] if args.tiny else SHAPES:
        for mode in ("fp32", "tf32", "amp"):
            if time.time() - begun > args.seconds:
                break
            precise(mode != "fp32")
            last = {2: torch.channels_last, 3: torch.channels_last_3d}[dims] if mode == "amp" else torch.contiguous_format
            network = UNet(base, levels, dims).to(device).to(memory_format=last)
            x = torch.randn(batch, 1, *[side] * dims, device=device).contiguous(memory_format=last)
            optimizer = torch.optim.Adam(network.parameters(), 1e-4, fused=device == "cuda")
            autocast = lambda: torch.autocast(device, torch.float16 if device == "cuda" else torch.bfloat16, enabled=mode == "amp")

            def train():
                with autocast():
                    loss = (network(x).float() - x).abs().mean()
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                optimizer.step()

            @torch.no_grad()
            def infer():
                with autocast():
                    network(x)

            row = {"dims": dims, "base": base, "levels": levels, "side": side, "batch": batch, "mode": mode}
            for name, work in (("train", train), ("infer", infer)):
                ms = measure(work, device)
                row[f"{name}_ms"], row[f"{name}_per_s"] = round(ms, 2), round(1e3 * batch / ms, 1)
            rows.append(row)
            print(json.dumps(row), flush=True)
    Path(args.out).write_text(json.dumps({**facts, "unet": rows}, indent=1))


if __name__ == "__main__":
    main()
