"""The U-Net of src/models/unet.ts in PyTorch, with weights by the same names: instance norm, nearest up-sampling."""
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

    def load(self, name, tensors):
        for n, (convolution, norm) in enumerate(((self.a, self.na), (self.b, self.nb))):
            copy_convolution(convolution, tensors[f"{name}.{n}.weight"])
            norm.weight.copy_(tensors[f"{name}.{n}.norm.weight"])
            norm.bias.copy_(tensors[f"{name}.{n}.bias"])


class UNet(nn.Module):
    def __init__(self, base, levels):
        super().__init__()
        filters = [base * 2**level for level in range(levels)]
        self.down = nn.ModuleList(Block(cin, cout) for cin, cout in zip([1, *filters], filters))
        self.narrow = nn.ModuleList(nn.Conv2d(2 * f, f, 1) for f in filters[:-1])
        self.up = nn.ModuleList(Block(2 * f, f) for f in filters[:-1])
        self.out = nn.Conv2d(base, 1, 1)

    def forward(self, x):  # [N, 1, H, W]
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
    convolution.weight.copy_(weight.permute(3, 2, 0, 1))  # [fH, fW, in, out] -> [out, in, fH, fW]
