"""Trains the model of heads on a GPU, on the random heads that heads.ts writes: the same network, loss, optimizer and moving average as `midash train`.

    python3 train.py HEADS START.safetensors OUT --seconds 500 [--state OUT/state.pt] [--variant compiled-last]

HEADS is a folder that heads.ts fills (train-*.head, taken away as they are read; validation-*.head). OUT gets model.safetensors (float32, the moving
average, the metadata of START), log.jsonl, state.pt.
"""
import argparse
import json
import math
import struct
import threading
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

HU_SCALE, HU_OFFSET = 1 / 512, 0.0  # of the model's preparation: [-1024, 3072] HU to [-2, 6]
CLASSES = 10
CLIP = 12  # of the gradients' norm, as nnU-Net's


# --- files

def read_safetensors(path):
    data = Path(path).read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    types = {"F16": np.float16, "F32": np.float32}
    tensors = {}
    for name, entry in header.items():
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        tensors[name] = np.frombuffer(data[start:end], types[entry["dtype"]]).reshape(entry["shape"]).astype(np.float32)
    return tensors, metadata


def write_safetensors(path, tensors, metadata):
    header, blobs, at = {"__metadata__": metadata}, [], 0
    for name in sorted(tensors):
        blob = np.ascontiguousarray(tensors[name], np.float32).tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensors[name].shape), "data_offsets": [at, at + len(blob)]}
        blobs.append(blob)
        at += len(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    temporary = Path(f"{path}.tmp")
    temporary.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))
    temporary.rename(path)


def read_head(path):
    data = Path(path).read_bytes()
    shape = struct.unpack("<3I", data[:12])
    n = math.prod(shape)
    part = lambda start, kind, size: torch.from_numpy(np.frombuffer(data, kind, n, 12 + start * n).reshape(shape).copy())
    return part(0, np.int16, 2), part(2, np.int16, 2), part(4, np.uint8, 1), part(5, np.uint8, 1)


# --- the network of src/networks/models/unet-network.ts with stem "half", weights by the same names

class Network(nn.Module):
    def __init__(self, tensors, levels=4):
        super().__init__()
        self.levels = levels
        self.names = {}
        for name, array in tensors.items():
            key = name.replace(".", "_")
            self.names[key] = name
            self.register_parameter(key, nn.Parameter(to_torch(name, torch.from_numpy(array.copy()))))

    def block(self, name, x, stride=1):
        w = getattr(self, f"{name}_weight")
        x = F.conv3d(x, w, padding=1) if stride == 1 else F.conv3d(F.pad(x, (0, 1) * 3), w, stride=2)
        return norm_leaky(x, getattr(self, f"{name}_norm_weight"), getattr(self, f"{name}_bias"))

    def forward(self, x):  # [N, 1, D, H, W]
        skips = []
        x = self.block("stem", x, 2)
        for level in range(self.levels):
            if level:
                skips.append(x)
                x = F.max_pool3d(x, 2)
            x = self.block(f"encoder_{level}_1", self.block(f"encoder_{level}_0", x))
        for level in reversed(range(self.levels - 1)):
            x = F.conv3d(x, getattr(self, f"up_{level}_weight"), getattr(self, f"up_{level}_bias"))
            x = F.interpolate(x, scale_factor=2, mode="nearest")
            x = self.block(f"decoder_{level}_0", torch.cat([x, skips[level]], 1))
            x = self.block(f"decoder_{level}_1", x)
        return F.conv_transpose3d(x, self.output_weight, self.output_bias, stride=2)

    def arrays(self, values):
        return {name: to_midash(name, values[key].detach().float().cpu()).numpy() for key, name in self.names.items()}


def to_torch(name, w):
    if w.ndim != 5:
        return w
    return w.permute(4, 3, 0, 1, 2).contiguous()  # [.., in, out] -> [out, in, ..]; the transposed one [.., out, in] -> [in, out, ..]


def to_midash(name, w):
    return w.permute(2, 3, 4, 1, 0).contiguous() if w.ndim == 5 else w


def norm_leaky(x, gamma, beta):
    y = x.float()
    variance, mean = torch.var_mean(y, (2, 3, 4), correction=0, keepdim=True)
    scale = gamma.float().view(1, -1, 1, 1, 1) * torch.rsqrt(variance + 1e-5)
    return F.leaky_relu((y - mean) * scale + beta.float().view(1, -1, 1, 1, 1), 0.01).to(x.dtype)


# --- the default loss: L1 of CT, half the cross-entropy and half of soft Dice of the classes

def loss_of(out, ct, classes, weight):
    out = out.float()
    total = weight.sum().clamp_min(1)
    l1 = ((out[:, 0] - ct).abs() * weight).sum() / total
    logits = out[:, 1:]
    entropy = (F.cross_entropy(logits, classes, reduction="none") * weight).sum() / total
    p = logits.softmax(1)
    truth = F.one_hot(classes, CLASSES).movedim(-1, 1) * weight[:, None]
    axes = (0, 2, 3, 4)
    shared, claimed, true = (p * truth).sum(axes), (p * weight[:, None]).sum(axes), truth.sum(axes)
    dice = 2 * shared / (claimed + true).clamp_min(1e-6)
    occurs = (true > 0).float()
    dice_loss = 1 - (dice * occurs).sum() / occurs.sum().clamp_min(1)
    return l1 + 0.5 * entropy + 0.5 * dice_loss, l1, entropy, dice_loss


# --- heads on the GPU

class Pool:
    """Heads on the device, filled by a thread; the oldest go when it is full."""

    def __init__(self, folder, device, most):
        self.folder, self.device, self.most = Path(folder), device, most
        self.heads, self.seen = [], 0
        self.lock = threading.Lock()
        threading.Thread(target=self.fill, daemon=True).start()

    def fill(self):
        while True:
            waiting = sorted(self.folder.glob("train-*.head"), key=lambda p: p.stat().st_mtime)
            for path in waiting:
                parts = read_head(path)
                path.unlink()
                head = (*(part.to(self.device) for part in parts), spans(parts[3]))
                with self.lock:
                    self.heads.append(head)
                    self.seen += 1
                    if len(self.heads) > self.most:
                        self.heads.pop(0)
            if not waiting:
                time.sleep(0.2)

    def batch(self, random, count, size):
        with self.lock:
            heads = list(self.heads)
        picked = []
        for _ in range(count):
            head = heads[random.integers(len(heads))]
            centres = [random.integers(low, high) for low, high in head[-1]]
            starts = [min(max(int(c) - size // 2, 0), extent - size) for c, extent in zip(centres, head[0].shape)]
            cut = [part[tuple(slice(s, s + size) for s in starts)] for part in head[:-1]]
            if random.integers(2):
                cut = [part.flip(2) for part in cut]
            picked.append(cut)
        x, hu, classes, weight = (torch.stack(parts) for parts in zip(*picked))
        return units(x, hu, classes, weight)


def spans(weight):
    """The box of full weight, which holds the head: a patch is centred in it, for one without contrast has gradients of any size in bfloat16."""
    full = weight.numpy() > 9
    found = [np.flatnonzero(full.any(tuple(a for a in range(3) if a != axis))) for axis in range(3)]
    return [(int(f[0]), int(f[-1]) + 1) for f in found]


def units(x, hu, classes, weight):
    return x.float()[:, None] / 32767, hu.float() * HU_SCALE + HU_OFFSET, classes.long(), weight.float() / 10


@torch.no_grad()
def validate(forward, heads, device, size):
    """Means over heads, each cut into windows that touch: the loss, MAE in HU where the weight is 1, Dice of bone."""
    sums = np.zeros(4)
    absolute = counted = hit = both = 0.0
    for head in heads:
        head = [part.to(device) for part in head]
        extents = head[0].shape
        spots = [sorted({min(s, extent - size) for s in range(0, extent, size)}) for extent in extents]
        for z in spots[0]:
            for y in spots[1]:
                for x in spots[2]:
                    cut = [part[z : z + size, y : y + size, x : x + size][None] for part in head]
                    inputs = units(*cut)
                    out = forward(inputs[0]).float()
                    sums += [float(v) for v in loss_of(out, *inputs[1:])]
                    counted += 1
                    body = (inputs[3] > 0.95) & (inputs[1] > -1.0)
                    hu, truth = (out[:, 0] - HU_OFFSET) / HU_SCALE, (inputs[1] - HU_OFFSET) / HU_SCALE
                    if body.any():
                        absolute += float((hu - truth).abs()[body].mean())
                    a, b = (hu > 300) & (inputs[3] > 0), (truth > 300) & (inputs[3] > 0)
                    hit += float(2 * (a & b).sum())
                    both += float(a.sum() + b.sum())
    names = ("loss", "l1", "entropy", "dice")
    return {**{n: round(float(s / counted), 4) for n, s in zip(names, sums)}, "tissue_mae": round(absolute / counted, 1), "bone": round(hit / both, 4)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("heads")
    parser.add_argument("start")
    parser.add_argument("out")
    parser.add_argument("--seconds", type=float, default=500)
    parser.add_argument("--state")
    parser.add_argument("--variant", default="compiled-last")
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--last-rate", type=float, default=1e-6)
    parser.add_argument("--ema", type=float, default=0.999)
    parser.add_argument("--pool", type=int, default=900)
    parser.add_argument("--first", type=int, default=24, help="heads to wait for")
    parser.add_argument("--probe", type=int, default=0, help="time that many steps of each variant and stop")
    args = parser.parse_args()
    begun = time.time()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(0)
    random = np.random.default_rng(int(begun))
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = True
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    log = open(out / "log.jsonl", "a")

    def say(**what):
        line = json.dumps({"s": round(time.time() - begun, 1), **what})
        print(line, flush=True)
        log.write(line + "\n")
        log.flush()

    tensors, metadata = read_safetensors(args.start)
    pool = Pool(args.heads, device, args.pool)
    while len(pool.heads) < args.first:
        time.sleep(0.2)
    say(heads=pool.seen, device=torch.cuda.get_device_name() if device == "cuda" else "cpu", torch=torch.__version__)

    def ready(variant):
        network = Network(tensors).to(device)
        if "last" in variant:
            network = network.to(memory_format=torch.channels_last_3d)
        last = torch.channels_last_3d if "last" in variant else torch.contiguous_format

        def forward(x):
            with torch.autocast(device, torch.bfloat16, enabled="f32" not in variant):
                return network(x.contiguous(memory_format=last))

        def whole(x, ct, classes, weight):
            return loss_of(forward(x), ct, classes, weight)

        if variant.startswith("compiled"):
            whole = torch.compile(whole)
        optimizer = torch.optim.Adam(network.parameters(), args.rate, eps=1e-8, fused=device == "cuda")
        return network, forward, whole, optimizer

    # No loss scaling, which bfloat16 does not need: it leaves a step out whose gradients are not finite.
    scaler = torch.amp.GradScaler(device, init_scale=1.0, growth_factor=1 + 1e-9, backoff_factor=1 - 1e-4, growth_interval=10**9)

    def train_step(whole, optimizer, batch):
        losses = whole(*batch)
        optimizer.zero_grad(set_to_none=True)
        scaler.scale(losses[0]).backward()
        scaler.unscale_(optimizer)
        norm = nn.utils.clip_grad_norm_([p for group in optimizer.param_groups for p in group["params"]], CLIP)
        scaler.step(optimizer)
        scaler.update()
        return torch.nan_to_num(torch.stack([*(v.detach() for v in losses), norm]), 0, 0, 0)

    if args.probe:
        for variant in args.variant.split(","):
            try:
                started = time.time()
                network, forward, whole, optimizer = ready(variant)
                train_step(whole, optimizer, pool.batch(random, args.batch, args.size))
                sync(device)
                first = time.time() - started
                train_step(whole, optimizer, pool.batch(random, args.batch, args.size))
                sync(device)
                cutting = time.time()
                batches = [pool.batch(random, args.batch, args.size) for _ in range(4)]
                sync(device)
                cutting = (time.time() - cutting) / 4
                started = time.time()
                for n in range(args.probe):
                    losses = train_step(whole, optimizer, batches[n % 4])
                sync(device)
                say(variant=variant, first_s=round(first, 1), step_ms=round(1e3 * (time.time() - started) / args.probe, 1), cut_ms=round(1e3 * cutting, 1),
                    loss=[round(float(v), 3) for v in losses], peak_gb=round(torch.cuda.max_memory_allocated() / 1e9, 1) if device == "cuda" else None, heads=pool.seen)
            except Exception as error:
                say(variant=variant, failed=repr(error)[:600])
        return

    network, forward, whole, optimizer = ready(args.variant)
    steps, done_before = 0, 0.0
    average = {key: value.detach().clone() for key, value in network.named_parameters()}
    if args.state and Path(args.state).exists():
        state = torch.load(args.state, map_location=device, weights_only=True)
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        average, steps = state["average"], state["steps"]
        say(resumed=steps)
    held = [read_head(path) for path in sorted(Path(args.heads).glob("validation-*.head"))]

    def averaged(x):
        keep = {key: value.detach().clone() for key, value in network.named_parameters()}
        copy_into(network, average)
        result = forward(x)
        copy_into(network, keep)
        return result

    def save(final=False):
        write_safetensors(out / "model.safetensors", network.arrays(average), metadata)
        if final:
            torch.save({"network": network.state_dict(), "optimizer": optimizer.state_dict(), "average": average, "steps": steps}, out / "state.pt")

    if held:
        say(validation=validate(averaged, held, device, args.size))
    since, means, timed, watched = time.time(), torch.zeros(5, device=device), 0, time.time()
    while (elapsed := time.time() - begun) < args.seconds:
        share = elapsed / args.seconds
        rate = args.last_rate + (args.rate - args.last_rate) * 0.5 * (1 + math.cos(math.pi * share))
        rate *= min(1, (steps + 1) / 100)
        for group in optimizer.param_groups:
            group["lr"] = rate
        means += train_step(whole, optimizer, pool.batch(random, args.batch, args.size))
        steps, timed = steps + 1, timed + 1
        decay = min(args.ema, (1 + steps) / (10 + steps))
        with torch.no_grad():
            torch._foreach_lerp_(list(average.values()), [p.detach() for p in network.parameters()], 1 - decay)
        if time.time() - since > 10:
            shown = [round(float(v) / timed, 4) for v in means]
            say(step=steps, rate=round(rate, 7), loss=shown, ms=round(1e3 * (time.time() - since) / timed, 1), heads=pool.seen, left_out=round((1 - scaler.get_scale()) * 1e4))
            means, timed = torch.zeros(5, device=device), 0
            if time.time() - watched > 55:
                if held:
                    say(validation=validate(averaged, held, device, args.size), step=steps)
                save()
                watched = time.time()
            since = time.time()
    if held:
        say(validation=validate(averaged, held, device, args.size), step=steps)
    save(final=True)
    say(done=steps, heads=pool.seen)


@torch.no_grad()
def copy_into(network, values):
    for key, parameter in network.named_parameters():
        parameter.copy_(values[key])


def sync(device):
    if device == "cuda":
        torch.cuda.synchronize()


if __name__ == "__main__":
    main()
