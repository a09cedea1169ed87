"""Peer of bench/suites/loader.ts: PyTorch's DataLoader over the same shards, read by NumPy: a random slice of a random case, as float32."""
import json
import struct

import numpy as np
import torch
from serve import serve
from torch.utils.data import DataLoader, Dataset

START = 24  # of a shard: 16 bytes of magic, the length of its header
SIZES = {"float16": 2, "int16": 2, "uint8": 1, "float32": 4}


class Slices(Dataset):
    def __init__(self, folder):
        index = json.loads((folder / "index.json").read_text())
        self.files = [folder / case["shard"] for case in index["cases"]]
        with open(self.files[0], "rb") as file:
            file.seek(16)
            (length,) = struct.unpack("<I", file.read(4))
            file.seek(START)
            self.header = json.loads(file.read(length))
            self.first = START + length
        nx, ny, self.slices = self.header["grid"]["shape"]
        self.shape = (ny, nx)
        self.at, record = {}, 0
        for image in self.header["images"]:
            self.at[image["role"], image["name"]] = (record, image)
            record += -(-nx * ny * SIZES[image["as"]] // 8) * 8
        self.record = record
        low, high = -2, 6  # of DEFAULT_NORMALIZERS.target
        self.scale, self.offset, self.clip = (high - low) / 4096, low + (high - low) / 4, (low, high)
        self.maps = {}

    def __len__(self):
        return len(self.files) * self.slices

    def __getitem__(self, n):
        case, k = divmod(n, self.slices)
        if case not in self.maps:
            self.maps[case] = np.memmap(self.files[case], np.uint8, "r", self.first)
        record = self.maps[case][k * self.record : (k + 1) * self.record]

        def plane(role, name):
            at, image = self.at[role, name]
            count = self.shape[0] * self.shape[1]
            values = record[at : at + count * SIZES[image["as"]]].view(image["as"]).reshape(self.shape)
            return image, values

        _, mr = plane("input", "mr")
        image, ct = plane("target", "ct")
        table, learnt = plane("mask", "learnt")
        target = np.clip(ct.astype(np.float32) * (image["slope"] * self.scale) + self.offset, *self.clip)
        weights = np.asarray(table["values"], np.float32)[learnt]
        return mr.astype(np.float32)[..., None], target[..., None], weights[..., None]


def make(row, s, folder):
    torch.manual_seed(0)
    data = Slices(folder / f"loader-{s['cases']}-{'-'.join(map(str, s['shape']))}")
    loader = DataLoader(data, batch_size=s["batch"], shuffle=True, num_workers=s["threads"], persistent_workers=True)

    def work():
        pairs = 0
        for n, (mr, _, _) in enumerate(loader):
            pairs += mr.shape[0]
            if n + 1 == s["batches"]:
                break
        return pairs

    return work, lambda pairs: {"pairs": pairs}, lambda: {}


serve(make, ["torch", "numpy"])
