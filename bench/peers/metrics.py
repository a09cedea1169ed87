"""Peer of src/bench/metrics.ts: the challenge's and the 2-D protocol's metrics by NumPy and scikit-image, in float64."""
import nibabel
import numpy as np
from serve import serve
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

LOW, HIGH = -1024.0, 3000.0


def synthrad2023(ct, sct, mask):
    inside = mask > 0
    mae = np.abs(ct - sct)[inside].mean()
    ct, sct = np.clip(ct, LOW, HIGH), np.clip(sct, LOW, HIGH)
    psnr = 10 * np.log10((HIGH - LOW) ** 2 / np.mean((ct[inside] - sct[inside]) ** 2))
    ct, sct = (np.where(inside, v, LOW) - LOW for v in (ct, sct))
    _, ssim = structural_similarity(ct, sct, data_range=HIGH - LOW, full=True)
    core = (slice(3, -3),) * 3
    return {"mae": float(mae), "psnr": float(psnr), "ssim": float(ssim[core][inside[core]].mean())}


def slice2d(ct, sct, mask):
    scaled = [(np.clip(v, LOW, HIGH) - LOW) / (HIGH - LOW) for v in (ct, sct)]
    of_slices = []
    for k in range(ct.shape[2]):
        if mask[..., k].sum() < 0.05 * mask[..., k].size:
            continue
        x, y = (np.ascontiguousarray(v[..., k]) for v in scaled)
        of_slices.append((
            np.abs(x - y).mean() * (HIGH - LOW),
            peak_signal_noise_ratio(x, y, data_range=1),
            structural_similarity(x, y, data_range=1),
        ))
    mae, psnr, ssim = np.mean(of_slices, axis=0)
    return {"mae": float(mae), "psnr": float(psnr), "ssim": float(ssim)}


def make(row, s, folder):
    load = lambda name: np.asarray(nibabel.load(folder / f"metrics-{'x'.join(map(str, s['shape']))}-{name}.nii").dataobj)
    ct, sct, mask = load("ct").astype(np.float64), load("sct").astype(np.float64), load("mask")
    measure = {"synthrad2023": synthrad2023, "slice2d": slice2d}[row]
    return lambda: measure(ct, sct, mask), lambda result: result, dict


serve(make, ["numpy", "scipy", "scikit-image"])
