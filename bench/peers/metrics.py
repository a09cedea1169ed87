"""Peer of src/bench/metrics.ts: the challenges' and the 2-D protocol's metrics by NumPy, SciPy and scikit-image, in float64."""
import nibabel
import numpy as np
from scipy.ndimage import uniform_filter
from scipy.signal import fftconvolve
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


def padded(v, smallest=97):
    """Borders repeated up to `smallest` voxels along each axis."""
    lacks = [max(0, smallest - n) for n in v.shape]
    return np.pad(v, [(n // 2, n - n // 2) for n in lacks], mode="edge") if any(lacks) else v


WEIGHTS = 0.0448, 0.2856, 0.3001, 0.2363, 0.1333


def synthrad2025(ct, sct, mask, high=3071.0):
    """The formula of the challenge's evaluation."""
    inside = mask > 0
    q = high - LOW
    mae = np.abs(ct - sct)[inside].mean()
    ct, sct = np.clip(ct, LOW, high), np.clip(sct, LOW, high)
    psnr = 10 * np.log10(q**2 / np.mean((ct[inside] - sct[inside]) ** 2))
    x, y = (padded(np.where(inside, v, LOW) - LOW) for v in (ct, sct))
    inside = padded(inside)
    c1, c2 = (0.01 * q) ** 2, (0.03 * q) ** 2
    c3, norm, core = c2 / 2, 343 / 342, (slice(3, -3),) * 3
    box = np.ones((2, 2, 2)) / 8
    ms_ssim = 1.0
    for w in WEIGHTS:
        ux, uy, uxx, uyy, uxy = (uniform_filter(v, 7) for v in (x, y, x * x, y * y, x * y))
        vx, vy, vxy = norm * (uxx - ux * ux), norm * (uyy - uy * uy), norm * (uxy - ux * uy)
        sx, sy = np.sqrt(np.maximum(vx, 0)), np.sqrt(np.maximum(vy, 0))
        l = np.maximum(0, (2 * ux * uy + c1) / (ux**2 + uy**2 + c1))
        c = np.maximum(0, (2 * sx * sy + c2) / (vx + vy + c2))
        s = np.maximum(0, (vxy + c3) / (sx * sy + c3))
        scale = (l**w * c**w * s**w)[core][inside[core]].mean()
        ms_ssim *= np.clip(scale, 0, 1)
        x, y = (fftconvolve(v, box, mode="same")[::2, ::2, ::2] for v in (x, y))
        inside = inside[::2, ::2, ::2]
    return {"mae": float(mae), "psnr": float(psnr), "ssim": float(ms_ssim)}


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
    measure = {"synthrad2023": synthrad2023, "synthrad2025": synthrad2025, "slice2d": slice2d}[row]
    return lambda: measure(ct, sct, mask), lambda result: result, dict


serve(make, ["numpy", "scipy", "scikit-image"])
