"""Values and gradients of the ops that networks are made of, in PyTorch float64: references.ts beside this file.

Run: python make_references.py   (needs torch)

Layouts are tf's: NHWC, filters [fH, fW, in, out], transposed filters [fH, fW, out, in]. Inputs are rounded to two decimals
and to float32, so that both sides start from the same bits. Gradients are those of sum(y * dy). Inputs whose names begin with
"_" are not differentiated. No value lies within MARGIN of a kink or a tie: float32 could fall on its other side.
"""

import json
import pathlib

import torch
import torch.nn.functional as F

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
MARGIN = 2e-3


def normal(shape, generator, scale=1.0, shift=0.0):
    x = torch.randn(shape, generator=generator) * scale + shift
    return ((x * 100).round() / 100).float().double()


def nchw(x):
    return x.permute(0, 3, 1, 2)


def nhwc(x):
    return x.permute(0, 2, 3, 1)


def same(size, kernel, stride):
    """TensorFlow's "same": the odd pixel goes to the end."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def conv(x, w, stride, pad):
    if pad == "same":
        top, bottom = same(x.shape[1], w.shape[0], stride)
        left, right = same(x.shape[2], w.shape[1], stride)
        x = nhwc(F.pad(nchw(x), (left, right, top, bottom)))
    return nhwc(F.conv2d(nchw(x), w.permute(3, 2, 0, 1), stride=stride))


def norm(a):
    mean = a["x"].mean((1, 2), keepdim=True)
    variance = a["x"].var((1, 2), unbiased=False, keepdim=True)
    return (a["x"] - mean) * torch.rsqrt(variance + 1e-5) * a["gamma"] + a["beta"]


X, C = (2, 3, 4, 2), (2,)
A = ("x", X, 1, -0.3)


def cases():
    for name, x, filt, stride, pad in [
        ("3x3, same", X, (3, 3, 2, 3), 1, "same"),
        ("3x3, same, stride 2", (2, 5, 6, 2), (3, 3, 2, 2), 2, "same"),
        ("3x3, valid", (2, 5, 4, 2), (3, 3, 2, 2), 1, "valid"),
        ("1x1", X, (1, 1, 2, 3), 1, "same"),
        ("4x4, same, stride 2", (1, 6, 4, 2), (4, 4, 2, 2), 2, "same"),
        ("3x3, one channel", (2, 5, 4, 1), (3, 3, 1, 1), 1, "same"),
        ("5x5, same, on 4x3", (1, 4, 3, 2), (5, 5, 2, 2), 1, "same"),
    ]:
        yield (f"conv2d, {name}", "conv2d", {"stride": stride, "pad": pad},
               [("x", x, 1, -0.3), ("filter", filt, 0.4, 0)],
               lambda a, s=stride, p=pad: conv(a["x"], a["filter"], s, p))
    yield ("conv2dTranspose, 2x2, stride 2", "conv2dTranspose", {}, [("x", (2, 2, 2, 4), 1, -0.3), ("filter", (2, 2, 3, 4), 0.4, 0)],
           lambda a: nhwc(F.conv_transpose2d(nchw(a["x"]), a["filter"].permute(3, 2, 0, 1), stride=2)))
    for what, shift in [("both signs", 0), ("all negative", -9)]:
        yield (f"maxPool, {what}", "maxPool", {}, [("x", (2, 4, 4, 2), 1, shift)], lambda a: nhwc(F.max_pool2d(nchw(a["x"]), 2)))
    yield ("avgPool", "avgPool", {}, [("x", (2, 4, 4, 2), 1, 0)], lambda a: nhwc(F.avg_pool2d(nchw(a["x"]), 2)))
    for op, f in [("add", torch.add), ("sub", torch.sub), ("mul", torch.mul)]:
        yield (f"{op}, [C] over [N, H, W, C]", op, {}, [A, ("y", C, 1, 0)], lambda a, f=f: f(a["x"], a["y"]))
    yield ("div, [N, 1, 1, C]", "div", {}, [A, ("y", (2, 1, 1, 2), 0.1, 2)], lambda a: a["x"] / a["y"])
    yield ("mul, both of one shape", "mul", {}, [A, ("y", X, 1, 0)], lambda a: a["x"] * a["y"])
    for op, f in [("abs", torch.abs), ("square", torch.square), ("sigmoid", torch.sigmoid), ("tanh", torch.tanh),
                  ("relu", F.relu), ("leakyRelu", lambda x: F.leaky_relu(x, 0.01)), ("softplus", F.softplus), ("exp", torch.exp)]:
        yield (op, op, {}, [("x", (1, 3, 4, 2), 1.5, -0.3)], lambda a, f=f: f(a["x"]))
    for op, f in [("sqrt", torch.sqrt), ("rsqrt", torch.rsqrt), ("log", torch.log)]:
        yield (op, op, {}, [("x", (2, 3, 2, 2), 0.2, 2)], lambda a, f=f: f(a["x"]))
    yield ("clipByValue", "clipByValue", {}, [("x", (2, 3, 4, 2), 1, 0)], lambda a: a["x"].clamp(-0.5, 0.7))
    yield ("squaredDifference", "squaredDifference", {}, [A, ("y", X, 1, 0)], lambda a: (a["x"] - a["y"]) ** 2)
    yield ("mean over H and W, kept", "meanHW", {}, [A], lambda a: a["x"].mean((1, 2), keepdim=True))
    yield ("mean of all", "mean", {}, [A], lambda a: a["x"].mean())
    yield ("sum of all", "sum", {}, [A], lambda a: a["x"].sum())
    yield ("sum over channels", "sumC", {}, [A], lambda a: a["x"].sum(3))
    yield ("instance norm, composed", "norm", {}, [A, ("gamma", C, 0.5, 0.4), ("beta", C, 0.5, 0)], norm)
    yield ("concat of channels", "concat", {}, [A, ("y", (2, 3, 4, 1), 1, 0)], lambda a: torch.cat([a["x"], a["y"]], 3))
    yield ("slice", "slice", {}, [("x", (2, 4, 3, 3), 1, 0)], lambda a: a["x"][:, 1:3, :, 1:3])
    yield ("split of channels, second half", "split", {}, [("x", (2, 2, 3, 4), 1, 0)], lambda a: a["x"][..., 2:])
    yield ("reshape", "reshape", {}, [A], lambda a: a["x"].reshape(6, 8))
    yield ("transpose", "transpose", {}, [A], lambda a: a["x"].permute(0, 3, 1, 2))
    yield ("matMul", "matMul", {}, [("x", (4, 5), 1, 0), ("y", (5, 3), 1, 0)], lambda a: a["x"] @ a["y"])
    # Value alone: tfjs-core 4.22 gives its gradient as that of a plain pad.
    yield ("mirrorPad", "mirrorPad", {}, [("_x", (1, 3, 4, 2), 1, 0)],
           lambda a: torch.cat([torch.cat([v[:, :, :1], v, v[:, :, -1:]], 2) for v in [torch.cat([a["_x"][:, :1], a["_x"], a["_x"][:, -1:]], 1)]]))
    yield ("resizeBilinear to twice the size", "resizeBilinear", {}, [("_x", (2, 2, 3, 2), 1, 0)],
           lambda a: nhwc(F.interpolate(nchw(a["_x"]), scale_factor=2, mode="bilinear", align_corners=False)))
    yield ("resizeNearestNeighbor to twice the size", "resizeNearestNeighbor", {}, [("x", (2, 2, 3, 2), 1, 0)],
           lambda a: nhwc(F.interpolate(nchw(a["x"]), scale_factor=2, mode="nearest")))
    yield ("l1, masked", "l1", {}, [A, ("y", X, 1, 0), ("_mask", (2, 3, 4, 1), 1, 0)],
           lambda a: ((a["x"] - a["y"]).abs() * (a["_mask"] > 0)).sum() / ((a["_mask"] > 0).sum() * 2))


def clear(op, a):
    """No kink or tie nearby."""
    x = a.get("x")
    if op in ("abs", "relu", "leakyRelu"):
        return x.abs().min() > MARGIN
    if op == "clipByValue":
        return min((x + 0.5).abs().min(), (x - 0.7).abs().min()) > MARGIN
    if op == "l1":
        return (x - a["y"]).abs().min() > MARGIN
    if op == "maxPool":
        n, h, w, c = x.shape
        top = x.reshape(n, h // 2, 2, w // 2, 2, c).permute(0, 1, 3, 5, 2, 4).reshape(-1, 4).topk(2).values
        return (top[:, 0] - top[:, 1]).min() > MARGIN
    return True


def array(x, digits):
    return {"shape": list(x.shape), "data": [float(f"{v:.{digits}g}") for v in x.detach().reshape(-1).tolist()]}


lines = []
for number, (name, op, options, inputs, reference) in enumerate(cases()):
    for attempt in range(1000):
        g = torch.Generator().manual_seed(1000 * number + attempt)
        a = {key: normal(shape, g, scale, shift) for key, shape, scale, shift in inputs}
        if clear(op, a):
            break
    else:
        raise RuntimeError(f"no seed of {name} stays clear of kinks")
    for key, value in a.items():
        value.requires_grad_(not key.startswith("_"))
    y = reference(a)
    gradients = {}
    dy = normal(y.shape, g)
    if y.requires_grad:
        (y * dy).sum().backward()
        gradients = {key: array(v.grad, 5) for key, v in a.items() if v.grad is not None}
    lines.append(json.dumps({
        "name": name, "op": op, "options": options, "inputs": {key: array(v, 6) for key, v in a.items()},
        "dy": array(dy, 6), "value": array(y, 6), "gradients": gradients,
    }, separators=(",", ":")))

text = "// Made by make_references.py beside this file; don't edit.\n\n/** Each a case as JSON. */\n"
text += "export const REFERENCES: readonly string[] = [\n" + "".join(f"  '{line}',\n" for line in lines) + "];\n"
path = pathlib.Path(__file__).with_name("references.ts")
path.write_text(text)
print(f"{len(lines)} cases, {len(text) / 1024:.0f} KiB, torch {torch.__version__}")
