"""The U-Net of src/models/unet.ts in PyTorch, with weights by the same names: instance norm, nearest up-sampling, 2-D or 3-D."""
import torch
from torch import nn
from torch.nn import functional as F

CONVOLUTIONS = {2: nn.Conv2d, 3: nn.Conv3d}
NORMS = {2: nn.InstanceNorm2d, 3: nn.InstanceNorm3d}
POOLS = {2: F.max_pool2d, 3: F.max_pool3d}


class Block(nn.Module):
    def __init__(self, cin, cout, dims):
        super().__init__()
        self.a, self.b = (CONVOLUTIONS[dims](c, cout, 3, padding=1, bias=False) for c in (cin, cout))
        self.na, self.nb = (NORMS[dims](cout, affine=True) for _ in range(2))

    def forward(self, x):
        x = F.leaky_relu(self.na(self.a(x)), 0.01)
        return F.leaky_relu(self.nb(self.b(x)), 0.01)

    def load(self, name, tensors):
        for n, (convolution, norm) in enumerate(((self.a, self.na), (self.b, self.nb))):
            copy_convolution(convolution, tensors[f"{name}.{n}.weight"])
            norm.weight.copy_(tensors[f"{name}.{n}.norm.weight"])
            norm.bias.copy_(tensors[f"{name}.{n}.bias"])


class UNet(nn.Module):
    def __init__(self, base, levels, dims=2):
        super().__init__()
        filters = [base * 2**level for level in range(levels)]
        convolution = CONVOLUTIONS[dims]
        self.pool = POOLS[dims]
        self.down = nn.ModuleList(Block(cin, cout, dims) for cin, cout in zip([1, *filters], filters))
        self.narrow = nn.ModuleList(convolution(2 * f, f, 1) for f in filters[:-1])
        self.up = nn.ModuleList(Block(2 * f, f, dims) for f in filters[:-1])
        self.out = convolution(base, 1, 1)

    def forward(self, x):  # [N, 1, H, W] or [N, 1, D, H, W]
        skips = []
        for level, block in enumerate(self.down):
            if level:
                skips.append(x)
                x = self.pool(x, 2)
            x = block(x)
        for level in reversed(range(len(skips))):
            x = F.interpolate(self.narrow[level](x), scale_factor=2, mode="nearest")
            x = self.up[level](torch.cat([x, skips[level]], 1))
        return self.out(x)

    @torch.no_grad()
    def load(self, tensors):
        """`tensors`: name -> array as midash stores them."""
        tensors = {name: torch.tensor(array) for name, array in tensors.items()}
        for level, block in enumerate(self.down):
            block.load(f"encoder.{level}", tensors)
        for level, (narrow, block) in enumerate(zip(self.narrow, self.up)):
            copy_convolution(narrow, tensors[f"up.{level}.weight"])
            narrow.bias.copy_(tensors[f"up.{level}.bias"])
            block.load(f"decoder.{level}", tensors)
        copy_convolution(self.out, tensors["output.weight"])
        self.out.bias.copy_(tensors["output.bias"])
        return self


def copy_convolution(convolution, weight):
    convolution.weight.copy_(weight.movedim((-1, -2), (0, 1)))  # [..., in, out] -> [out, in, ...]
