"""Peer of src/bench/infer.ts: the network in eager PyTorch on the CPU, and the steps around it on a volume by NumPy."""
import nibabel
import numpy as np
import torch
from safetensors.numpy import load_file
from serve import fingerprint, serve
from unet import UNet

LOW, HIGH, SCALE = -1024.0, 3072.0, 512.0  # of the target's normaliser: HU = 512 * output, clipped


def network(s, tensors):
    """[N, 1, H, W] -> the same."""
    torch.set_num_threads(s["peerThreads"])
    net = UNet(s["baseFilters"], s["levels"]).load(tensors).eval()

    @torch.inference_mode()
    def forward(x):
        return net(torch.from_numpy(x)).numpy()

    return forward


def slices(s, folder):
    tensors = load_file(folder / f"infer-{s['baseFilters']}x{s['levels']}-{s['size']}-{s['batch']}.safetensors")
    x = tensors.pop("batch.input").reshape(s["batch"], 1, s["size"], s["size"])  # one channel: NHWC is NCHW
    forward = network(s, tensors)
    # NHWC, as our side counts the axes
    return lambda: forward(x), lambda y: fingerprint(np.moveaxis(y, 1, -1)), details


def volume(s, folder):
    """The MR lies in memory as it is stored, [z, y, x] in LPS; so does the sCT."""
    image = nibabel.load(folder / f"road-mr-{'x'.join(map(str, s['shape']))}.nii.gz")
    stored = np.ascontiguousarray(np.asarray(image.dataobj).T)
    spacing = "x".join(f"{v:g}" for v in s["modelSpacing"])
    forward = network(s, load_file(folder / f"road-unet-{s['baseFilters']}x{s['levels']}-{spacing}mm.safetensors"))
    sides = stored.shape
    padded = [-(-n // 2 ** (s["levels"] - 1)) * 2 ** (s["levels"] - 1) for n in sides[1:]]
    rims = [((to - n) // 2, to - n - (to - n) // 2) for n, to in zip(sides[1:], padded)]

    def synthesise():
        mr = stored[:, ::-1, ::-1].astype(np.float32)  # to RAS
        low, high = np.percentile(mr, [0.5, 99.5])
        factor = np.float32(1 / (high - low))
        mr = ((mr - np.float32(low)) * factor).clip(0, 1)
        background = float(((np.float32(0) - np.float32(low)) * factor).clip(0, 1))
        sct = np.empty(sides, np.float32)
        top, left = rims[0][0], rims[1][0]
        for start in range(0, len(mr), s["batch"]):
            batch = np.pad(mr[start:start + s["batch"], None], ((0, 0), (0, 0), *rims), constant_values=background)
            sct[start:start + s["batch"]] = forward(batch)[:, 0, top:top + sides[1], left:left + sides[2]]
        np.multiply(sct, np.float32(SCALE), out=sct)
        return np.ascontiguousarray(sct.clip(LOW, HIGH)[:, ::-1, ::-1])

    return synthesise, fingerprint, details


def details():
    return {"threads": torch.get_num_threads(), "mode": "eager, inference mode, float32"}


def make(_row, s, folder):
    return volume(s, folder) if "shape" in s else slices(s, folder)


serve(make, ["nibabel", "numpy", "torch"])
