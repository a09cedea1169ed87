"""Peer of src/bench/train.ts: forward, masked L1, backward and Adam in eager PyTorch on the CPU."""
import torch
from safetensors.numpy import load_file
from serve import serve
from unet import UNet


def make(_row, s, folder):
    torch.set_num_threads(s["peerThreads"])
    dims = s.get("dims", 2)
    of = "" if dims == 2 else "-3d"
    name = f"train-{s['baseFilters']}x{s['levels']}-{s['size']}-{s['batch']}{of}.safetensors"
    tensors = load_file(folder / name)
    net = UNet(s["baseFilters"], s["levels"], dims).load(tensors)
    adam = torch.optim.Adam(net.parameters(), lr=1e-4)
    shape = (s["batch"], 1, *[s["size"]] * dims)  # one channel: NHWC and NCHW hold the same order
    x, y, mask = (torch.tensor(tensors[f"batch.{key}"]).reshape(shape) for key in ("input", "target", "mask"))

    def work():
        adam.zero_grad(set_to_none=True)
        loss = ((net(x) - y).abs() * mask).sum() / mask.sum()
        loss.backward()
        adam.step()
        return loss.item()

    return work, lambda loss: {"loss": loss}, lambda: {"threads": torch.get_num_threads(), "mode": "eager, float32"}


serve(make, ["torch"])
