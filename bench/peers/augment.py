"""Peer of bench/suites/augment.ts: TorchIO, and MONAI in rows that end in -monai. Parameters of a row are those of our side.

Images are [x, y, z] tensors in memory, in RAS. A subject or a dictionary of tensors is made for each sample, as a loader does.
"""
import warnings

import numpy as np
import SimpleITK as sitk
import torch
from serve import serve

warnings.filterwarnings("ignore")

SCALE, DEGREES, SHIFT = (1.07, 0.93, 1.04), (6.0, -8.0, 9.0), (3.0, -2.0, 0.0)
POINTS, DISPLACEMENT = 7, 7.5
GAMMA, BLUR = 1.2, 1.5
BIAS = [0.4 * float(np.sin(3 * n + 1)) for n in range(20)]
PLAIN = {"default_pad_value": 0, "center": "image"}


def bend(flat):
    """Shifts at control points as ours, turned into ITK's axes."""
    i, j, k = np.meshgrid(*[np.arange(POINTS)] * 3, indexing="ij")
    if flat:
        k[:] = 0
    field = np.stack([DISPLACEMENT * np.sin(1 + 2 * i + 3 * j + 5 * k + 7 * axis) for axis in range(3)], axis=-1)
    if flat:
        field[..., 2] = 0
    return field[::-1, ::-1] * [-1, -1, 1]


def torchio_work(what, flat, spacing):
    import torchio as tio
    from torchio.transforms import BiasField, Blur, Gamma
    from torchio.transforms.augmentation.spatial.random_affine import Affine
    from torchio.transforms.augmentation.spatial.random_affine_elastic_deformation import AffineElasticDeformation

    parameters = dict(scales=SCALE, degrees=DEGREES, translation=SHIFT, **PLAIN)
    elastic = dict(control_points=bend(flat), max_displacement=(DISPLACEMENT,) * 3)
    if what == "affine":
        return Affine(**parameters)
    if what == "spatial":
        return AffineElasticDeformation(True, parameters, elastic)
    if what == "bias":
        return BiasField(BIAS, 3, include=["mr"])
    if what == "gamma":
        return Gamma(GAMMA, include=["mr"])
    if what == "blur":
        return Blur((BLUR, BLUR, 0 if flat else BLUR), include=["mr"])
    mr = dict(include=["mr"])
    axes = (0, 1) if flat else (0, 1, 2)
    spatial = tio.RandomAffineElasticDeformation(
        affine_kwargs=dict(default_pad_value=0),
        elastic_kwargs=dict(num_control_points=POINTS, max_displacement=DISPLACEMENT, locked_borders=0),
    )
    return tio.Compose([
        spatial,
        tio.RandomFlip(axes=(0,), flip_probability=0.5),
        tio.RandomBiasField(**mr),
        tio.RandomGamma(**mr),
        tio.RandomAnisotropy(axes=axes, **mr),
        tio.RandomBlur(std=(0, 2, 0, 2, 0, 0 if flat else 2), **mr),
        *([] if flat else [tio.RandomMotion(**mr)]),
        tio.RandomGhosting(axes=axes, **mr),
        tio.RandomNoise(std=(0, 0.1), **mr),
    ])


def monai_work(flat, spacing):
    from monai import transforms as mt

    both, modes = ["mr", "ct", "mask"], ["bilinear", "bilinear", "nearest"]
    turn, n = np.pi / 18, 2 if flat else 3
    ranges = dict(rotate_range=turn if flat else (turn,) * 3, scale_range=(0.1,) * n)
    if flat:  # MONAI's elastics take the affine along; it knows no B-splines in the plane
        elastic = mt.Rand2DElasticd(both, spacing=(64, 64), magnitude_range=(DISPLACEMENT, DISPLACEMENT), prob=1, mode=modes, padding_mode="zeros", **ranges)
    else:
        elastic = mt.Rand3DElasticd(both, sigma_range=(6, 6), magnitude_range=(DISPLACEMENT, DISPLACEMENT), prob=1, mode=modes, padding_mode="zeros", **ranges)
    sigma = (0, 2 / spacing)
    return mt.Compose([
        elastic,
        mt.RandFlipd(both, prob=0.5, spatial_axis=0),
        mt.RandBiasFieldd(["mr"], prob=1, degree=3, coeff_range=(-0.5, 0.5)),
        mt.RandAdjustContrastd(["mr"], prob=1, gamma=(0.74, 1.35)),
        mt.RandHistogramShiftd(["mr"], prob=1, num_control_points=10),
        mt.RandGaussianSmoothd(["mr"], prob=1, sigma_x=sigma, sigma_y=sigma, sigma_z=sigma),
        mt.RandRicianNoised(["mr"], prob=1, std=0.1),
    ])


def make(row, s, folder):
    torch.set_num_threads(1)
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    shape, spacing = s["shape"], s["spacing"]
    flat = shape[2] == 1

    def read(what):
        raw = np.fromfile(folder / f"augment-{what}-{'x'.join(map(str, shape))}.f32", dtype=np.float32)
        return torch.from_numpy(np.ascontiguousarray(raw.reshape(shape[::-1]).T))[None]

    images = {what: read(what) for what in ("mr", "ct", "mask")}
    what = row.split("-", 1)[1]
    if what.endswith("monai"):
        work = monai_work(flat, spacing[0])
        given = {name: image[..., 0] if flat else image for name, image in images.items()}
        sample = lambda: {name: image.clone() for name, image in given.items()}
        values = lambda out: {name: float(image.mean(dtype=torch.float64)) for name, image in out.items()}
    else:
        import torchio as tio

        work = torchio_work(what, flat, spacing[0])
        affine = np.diag([*spacing, 1])
        kinds = {"mr": tio.ScalarImage, "ct": tio.ScalarImage, "mask": tio.LabelMap}
        sample = lambda: tio.Subject(**{name: kinds[name](tensor=image, affine=affine) for name, image in images.items()})
        values = lambda out: {name: float(out[name].data.mean(dtype=torch.float64)) for name in images}

    def run():
        for _ in range(s["samples"]):
            out = work(sample())
        return out

    return run, values, lambda: {"threads": 1}


serve(make, ["torchio", "monai", "torch", "SimpleITK"])
