"""Values and gradients of the ops that networks are made of, in PyTorch float64: references.ts beside this file.

Run: python make_references.py   (needs torch)

Layouts are tf's: NHWC and NDHWC, filters [fH, fW, in, out], transposed filters [fH, fW, out, in], in 3-D with fD before. Inputs are rounded to two decimals
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


def nchw(x):  # also NDHWC -> NCDHW
    return x.movedim(-1, 1)


def nhwc(x):
    return x.movedim(1, -1)


def same(size, kernel, stride):
    """TensorFlow's "same": the odd pixel goes to the end."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def conv(x, w, stride, pad):
    sides = range(1, x.ndim - 1)
    pads = [same(x.shape[d], w.shape[d - 1], stride) if pad == "same" else (0, 0) for d in sides]
    padded = F.pad(nchw(x), [p for pair in reversed(pads) for p in pair])
    run = F.conv2d if x.ndim == 4 else F.conv3d
    return nhwc(run(padded, w.movedim((-1, -2), (0, 1)), stride=stride))


def pair(a):
    return conv(torch.cat([a["x"], a["y"]], -1), a["filter"], 1, "same")


def pool(x):
    return nhwc((F.max_pool2d if x.ndim == 4 else F.max_pool3d)(nchw(x), 2))


def transposed(a):
    run = F.conv_transpose2d if a["x"].ndim == 4 else F.conv_transpose3d
    return nhwc(run(nchw(a["x"]), a["filter"].movedim((-1, -2), (0, 1)), stride=2))


def norm(a, over="instance"):
    axes = tuple(range(1 if over == "instance" else 0, a["x"].ndim - 1))
    mean = a["x"].mean(axes, keepdim=True)
    variance = a["x"].var(axes, unbiased=False, keepdim=True)
    return (a["x"] - mean) * torch.rsqrt(variance + 1e-5) * a["gamma"] + a["beta"]


def fixed_norm(a):
    return (a["x"] - a["mean"]) * torch.rsqrt(a["variance"] + 1e-5) * a["gamma"] + a["beta"]


def leaky(x):
    global before_leaky
    before_leaky = x.detach()
    return F.leaky_relu(x, 0.01)


def double(x, mode="nearest"):
    options = {} if mode == "nearest" else {"align_corners": False}
    return nhwc(F.interpolate(nchw(x), scale_factor=2, mode=mode, **options))


before_leaky = None  # what the last leaky ReLU saw
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
           transposed)
    for what, shift in [("both signs", 0), ("all negative", -9)]:
        yield (f"maxPool, {what}", "maxPool", {}, [("x", (2, 4, 4, 2), 1, shift)], lambda a: pool(a["x"]))
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
    # All that stands below came later: seeds are the cases' numbers.
    for name, x, filt, stride, pad in [
        ("3x3, same, 4 to 8 channels", (2, 4, 5, 4), (3, 3, 4, 8), 1, "same"),
        ("3x3, same, 8 channels, 7x5", (2, 7, 5, 8), (3, 3, 8, 8), 1, "same"),
        ("1x1, 12 to 5 channels", (2, 3, 5, 12), (1, 1, 12, 5), 1, "same"),
        ("2x2, valid, stride 2, a row over", (2, 5, 4, 3), (2, 2, 3, 2), 2, "valid"),
        ("1x1, stride 2", (2, 5, 4, 2), (1, 1, 2, 3), 2, "same"),
    ]:
        yield (f"conv2d, {name}", "conv2d", {"stride": stride, "pad": pad},
               [("x", x, 1, -0.3), ("filter", filt, 0.4, 0)],
               lambda a, s=stride, p=pad: conv(a["x"], a["filter"], s, p))
    for name, x, filt, stride, pad in [
        ("3x3x3, same", (2, 3, 4, 5, 2), (3, 3, 3, 2, 3), 1, "same"),
        ("3x3x3, same, 1 to 4 channels", (2, 2, 3, 4, 1), (3, 3, 3, 1, 4), 1, "same"),
        ("3x3x3, same, 4 to 8 channels", (1, 3, 2, 3, 4), (3, 3, 3, 4, 8), 1, "same"),
        ("3x3x3, same, stride 2", (2, 5, 4, 3, 2), (3, 3, 3, 2, 2), 2, "same"),
        ("3x3x3, valid", (2, 3, 4, 5, 2), (3, 3, 3, 2, 2), 1, "valid"),
        ("2x2x2, valid, stride 2, a slice over", (2, 4, 5, 3, 2), (2, 2, 2, 2, 3), 2, "valid"),
        ("1x1x1, 4 to 3 channels", (2, 2, 3, 5, 4), (1, 1, 1, 4, 3), 1, "same"),
    ]:
        yield (f"conv3d, {name}", "conv3d", {"stride": stride, "pad": pad},
               [("x", x, 1, -0.3), ("filter", filt, 0.4, 0)],
               lambda a, s=stride, p=pad: conv(a["x"], a["filter"], s, p))
    for what, x in [("2-D", (2, 5, 3)), ("3-D", (2, 2, 3, 3))]:
        three = len(x) - 1
        yield (f"convolution of a pair, {what}", "convolutionOfPair", {},
               [("x", (*x, 2), 1, -0.3), ("y", (*x, 1), 1, 0), ("filter", (*[3] * three, 3, 2), 0.4, 0)], pair)
        for over in ("instance", "batch"):
            yield (f"norm and leaky ReLU over {over}, {what}", "normLeaky", {"over": over},
                   [("x", (*x, 3), 1, -0.4), ("gamma", (3,), 0.5, 0.4), ("beta", (3,), 0.5, 0)],
                   lambda a, over=over: leaky(norm(a, over)))
        yield (f"norm and leaky ReLU of a mean far from 0, {what}", "normLeaky", {"over": "instance"},
               [("x", (*x, 3), 0.5, -10), ("gamma", (3,), 0.5, 0.4), ("beta", (3,), 0.5, 0)],
               lambda a: leaky(norm(a)))
        yield (f"norm with known statistics, {what}", "fixedNormLeaky", {},
               [("x", (*x, 3), 1, -0.4), ("mean", (3,), 0.5, 0), ("variance", (3,), 0.1, 1), ("gamma", (3,), 0.5, 0.5),
                ("beta", (3,), 0.5, 0)], lambda a: leaky(fixed_norm(a)))
        yield (f"bias and leaky ReLU, {what}", "biasLeaky", {}, [("x", (*x, 3), 1, -0.4), ("beta", (3,), 0.5, 0)],
               lambda a: leaky(a["x"] + a["beta"]))
        yield (f"doubling by repetition, {what}", "doubleNearest", {}, [("x", (*x, 2), 1, -0.3)], lambda a: double(a["x"]))
        yield (f"doubling by a transposed convolution, {what}", "doubleTransposed", {},
               [("x", (*x, 4), 1, -0.3), ("filter", (*[2] * three, 3, 4), 0.4, 0)], transposed)
        yield (f"l2, masked, {what}", "l2", {}, [("x", (*x, 2), 1, -0.3), ("y", (*x, 2), 1, 0), ("_mask", (*x, 1), 1, 0)],
               lambda a: ((a["x"] - a["y"]) ** 2 * (a["_mask"] > 0)).sum() / ((a["_mask"] > 0).sum() * 2))
    yield ("doubling bilinearly", "doubleBilinear", {}, [("x", (2, 3, 4, 2), 1, -0.3)], lambda a: double(a["x"], "bilinear"))
    for what, shift in [("both signs", 0), ("all negative", -9)]:
        yield (f"maxPool3d, {what}", "maxPool3d", {}, [("x", (2, 2, 4, 4, 2), 1, shift)], lambda a: pool(a["x"]))
    yield ("avgPool3d", "avgPool3d", {}, [("x", (2, 2, 4, 4, 2), 1, 0)], lambda a: nhwc(F.avg_pool3d(nchw(a["x"]), 2)))
    yield ("mean over D, H and W, kept", "meanDHW", {}, [("x", (2, 2, 3, 4, 2), 1, -0.3)],
           lambda a: a["x"].mean((1, 2, 3), keepdim=True))
    yield ("neg", "neg", {}, [A], lambda a: -a["x"])
    yield ("maximum", "maximum", {}, [A, ("y", X, 1, 0)], lambda a: torch.maximum(a["x"], a["y"]))
    yield ("greater, cast", "greater", {}, [("_x", X, 1, 0)], lambda a: (a["_x"] > 0).double())
    yield ("reverse of H and W", "reverse", {}, [A], lambda a: a["x"].flip((1, 2)))
    yield ("pad of D, H and W", "pad", {}, [("x", (2, 2, 2, 3, 2), 1, 0)], lambda a: F.pad(a["x"], (0, 0, 1, 0, 0, 2, 1, 1)))
    yield ("softmax over channels", "softmax", {}, [A], lambda a: a["x"].softmax(-1))
    yield ("crossEntropy of softmax, masked", "crossEntropy", {}, [A, ("_y", (2, 3, 4, 1), 1, 0), ("_mask", (2, 3, 4, 1), 1, 0)], cross_entropy)
    yield ("waves of times", "waves", {}, [("_x", (5,), 0.3, 0.5)], lambda a: waves(a["_x"]))
    yield ("soft Dice of softmax, masked", "dice", {}, [A, ("_y", (2, 3, 4, 1), 1, 0), ("_mask", (2, 3, 4, 1), 1, 0)], soft_dice)


def cross_entropy(a):
    """Of the class 0 or 1 that the sign of _y names."""
    chosen = a["x"].softmax(-1).gather(-1, (a["_y"] > 0).long())
    return (-(chosen + 1e-7).log() * (a["_mask"] > 0)).sum() / (a["_mask"] > 0).sum()


def soft_dice(a):
    """Of two classes that both occur."""
    truth = torch.cat([a["_y"] <= 0, a["_y"] > 0], -1) * (a["_mask"] > 0)
    p = a["x"].softmax(-1) * (a["_mask"] > 0)
    both = (0, 1, 2)
    return 1 - (2 * (p * truth).sum(both) / (p.sum(both) + truth.sum(both))).mean()


def waves(x):
    """sin(pi/2 x), cos(pi/2 x), sin(2 pi/2 x), ..."""
    angles = x[:, None] * torch.arange(1, 9) * torch.pi / 2
    return torch.stack([angles.sin(), angles.cos()], -1).flatten(1)


def clear(op, a):
    """No kink or tie nearby."""
    x = a.get("x")
    if op in ("abs", "relu", "leakyRelu"):
        return x.abs().min() > MARGIN
    if op == "clipByValue":
        return min((x + 0.5).abs().min(), (x - 0.7).abs().min()) > MARGIN
    if op == "l1":
        return (x - a["y"]).abs().min() > MARGIN
    if op in ("maxPool", "maxPool3d"):
        for d in range(1, x.ndim - 1):
            x = x.unfold(d, 2, 2)
        top = x.reshape(*x.shape[: a["x"].ndim], -1).topk(2).values
        return (top[..., 0] - top[..., 1]).min() > MARGIN
    if op == "maximum":
        return (x - a["y"]).abs().min() > MARGIN
    if op == "greater":
        return a["_x"].abs().min() > MARGIN
    if op in ("normLeaky", "fixedNormLeaky", "biasLeaky"):
        return before_leaky.abs().min() > MARGIN
    return True


def array(x, digits):
    return {"shape": list(x.shape), "data": [float(f"{v:.{digits}g}") for v in x.detach().reshape(-1).tolist()]}


lines = []
for number, (name, op, options, inputs, reference) in enumerate(cases()):
    for attempt in range(1000):
        g = torch.Generator().manual_seed(1000 * number + attempt)
        a = {key: normal(shape, g, scale, shift) for key, shape, scale, shift in inputs}
        reference(a)
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
        gradients = {key: array(v.grad, 6) for key, v in a.items() if v.grad is not None}
    lines.append(json.dumps({
        "name": name, "op": op, "options": options, "inputs": {key: array(v, 6) for key, v in a.items()},
        "dy": array(dy, 6), "value": array(y, 6), "gradients": gradients,
    }, separators=(",", ":")))

text = "// Made by make_references.py beside this file; don't edit.\n\n/** Each a case as JSON. */\n"
text += "export const REFERENCES: readonly string[] = [\n" + "".join(f"  '{line}',\n" for line in lines) + "];\n"
path = pathlib.Path(__file__).with_name("references.ts")
path.write_text(text)
print(f"{len(lines)} cases, {len(text) / 1024:.0f} KiB, torch {torch.__version__}")
