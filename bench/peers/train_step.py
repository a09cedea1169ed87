"""The U-Net of src/models/unet.ts in PyTorch: forward, L1 loss and backward on random data. Eager, 2 threads.

usage: train_step.py BASE LEVELS SIZE BATCH WARM_UP RUNS
"""
import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F


class Block(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.a, self.b = (nn.Conv2d(c, cout, 3, padding=1, bias=False) for c in (cin, cout))
        self.na, self.nb = (nn.InstanceNorm2d(cout, affine=True) for _ in range(2))

    def forward(self, x):
        x = F.leaky_relu(self.na(self.a(x)), 0.01)
        return F.leaky_relu(self.nb(self.b(x)), 0.01)


class UNet(nn.Module):
    def __init__(self, base, levels):
        super().__init__()
        filters = [base * 2**level for level in range(levels)]
        self.down = nn.ModuleList(Block(cin, cout) for cin, cout in zip([1, *filters], filters))
        self.narrow = nn.ModuleList(nn.Conv2d(2 * f, f, 1) for f in filters[:-1])
        self.up = nn.ModuleList(Block(2 * f, f) for f in filters[:-1])
        self.out = nn.Conv2d(base, 1, 1)

    def forward(self, x):
        skips = []
        for level, block in enumerate(self.down):
            if level:
                skips.append(x)
                x = F.max_pool2d(x, 2)
            x = block(x)
        for level in reversed(range(len(skips))):
            x = F.interpolate(self.narrow[level](x), scale_factor=2, mode="nearest")
            x = self.up[level](torch.cat([x, skips[level]], 1))
        return self.out(x)


base, levels, size, batch, warm_up, runs = map(int, sys.argv[1:])
torch.set_num_threads(2)
torch.manual_seed(1)
net = UNet(base, levels)
x, y = torch.rand(2, batch, 1, size, size)
times = []
for run in range(-warm_up, runs):
    start = time.perf_counter()
    net.zero_grad(set_to_none=True)
    (net(x) - y).abs().mean().backward()
    if run >= 0:
        times.append(1000 * (time.perf_counter() - start))
times.sort()
print(json.dumps({
    "torch": torch.__version__, "threads": 2, "medianMs": times[len(times) // 2], "minMs": times[0],
    "maxMs": times[-1], "runs": runs, "parameters": sum(p.numel() for p in net.parameters()),
}))
