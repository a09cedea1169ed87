"""Peer of src/bench/road.ts: the same steps by nibabel, NumPy, SimpleITK, SciPy and PyTorch.

Volumes are [z, y, x] arrays in float32. After `forward` the normalised MR stands in for the network's output, as on our
side. Images of SimpleITK are made before the clock starts, but for the whole.
"""
import os
import tempfile

import nibabel
import numpy as np
import SimpleITK as sitk
from safetensors.numpy import load_file
from scipy import ndimage
from serve import fingerprint, serve

AIR = -1000.0
MARGIN, CLOSING = 8, 12  # mm, as foregroundMask
FWHM = 2 * np.sqrt(2 * np.log(2))  # of a Gaussian over its sigma
LOW, SCALE = -1024.0, 512.0  # of the target's normaliser: HU = 512 * output, clipped to [-1024, 3072]
HIGH = 3072.0


def decode(path):
    image = nibabel.load(path)
    return np.asarray(image.dataobj, dtype=np.float32), image.affine


def orient(data, affine):
    image = nibabel.as_closest_canonical(nibabel.Nifti1Image(data, affine))
    return np.ascontiguousarray(np.asarray(image.dataobj).T)


def image_of(array, spacing, origin=(0, 0, 0)):
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    return image


def to_model_grid(ras_image, s):
    size, spacing, origin = model_grid(s)
    return sitk.Resample(ras_image, size, sitk.Transform(), sitk.sitkLinear, origin, spacing,
                         ras_image.GetDirection(), 0, sitk.sitkFloat32)


def from_model_grid(hu, s):
    """[z, y, x] on the model's grid in RAS -> an image on the source's grid in LPS; smoothed where voxels grow."""
    _, finer, origin = model_grid(s)
    for axis, (old, new) in enumerate(zip(finer, s["spacing"])):
        if new > old:
            hu = ndimage.gaussian_filter1d(hu, np.sqrt((new / old) ** 2 - 1) / FWHM, 2 - axis, mode="nearest")
    shape, spacing = s["shape"], s["spacing"]
    corner = [(shape[0] - 1) * spacing[0], (shape[1] - 1) * spacing[1], 0.0]
    return sitk.Resample(image_of(hu, finer, origin), shape, sitk.Transform(), sitk.sitkLinear, corner, spacing,
                         (-1, 0, 0, 0, -1, 0, 0, 0, 1), AIR, sitk.sitkFloat32)


def model_grid(s):
    """Size, spacing and origin of the model's grid over the same field of view."""
    sides = list(zip(s["shape"], s["spacing"], s["modelSpacing"]))
    size = [int(round(n * old / new)) for n, old, new in sides]
    return size, s["modelSpacing"], [(new - old) / 2 for _, old, new in sides]


def normalise(v):
    low, high = np.percentile(v, [0.5, 99.5])
    return ((v - np.float32(low)) * np.float32(1 / (high - low))).clip(0, 1)


def cut(v, batch):
    return [v[start:start + batch, None].copy() for start in range(0, len(v), batch)]


def assemble(samples):
    return np.concatenate(samples)[:, 0]


def invert(v):
    return (v * np.float32(SCALE)).clip(LOW, HIGH)


def background(mr, mr_image, sct):
    """Air where `mr` ([z, y, x]; the same as an image: `mr_image`) shows no body."""
    otsu = sitk.OtsuThresholdImageFilter()
    otsu.SetNumberOfHistogramBins(256)
    otsu.Execute(mr_image)
    body = sitk.GetArrayFromImage(largest(mr_image > otsu.GetThreshold() / 2))
    fill_slices(body)
    radii = [round(CLOSING / s) for s in mr_image.GetSpacing()[:2]]
    grown = [round((CLOSING + MARGIN) / s) for s in mr_image.GetSpacing()[:2]]
    wide = np.pad(body, ((0, 0), (grown[1],) * 2, (grown[0],) * 2))
    wide = sitk.GetArrayFromImage(sitk.BinaryDilate(sitk.GetImageFromArray(wide), [*grown, 0]))
    fill_slices(wide)
    wide = sitk.GetArrayFromImage(sitk.BinaryErode(sitk.GetImageFromArray(wide), [*radii, 0]))
    body = wide[:, grown[1]:-grown[1], grown[0]:-grown[0]]
    return np.where(body > 0, sct, np.float32(AIR))


def largest(mask):
    parts = sitk.ConnectedComponent(mask, True)
    return sitk.RelabelComponent(parts, sortByObjectSize=True) == 1


def fill_slices(mask):
    for k in range(len(mask)):
        mask[k] = ndimage.binary_fill_holes(mask[k])


def encode(sct, affine):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "sct.nii.gz")
        nibabel.save(nibabel.Nifti1Image(sct.T, affine), path)
        return os.path.getsize(path)


def network(s, folder):
    """[N, 1, H, W] -> the same, by the model in `folder`. PyTorch is imported here: most rows need none."""
    import torch
    from unet import UNet

    torch.set_num_threads(s["peerThreads"])
    spacing = "x".join(map(str, s["modelSpacing"]))
    path = folder / f"road-unet-{s['baseFilters']}x{s['levels']}-{spacing}mm.safetensors"
    net = UNet(s["baseFilters"], s["levels"]).load(load_file(path)).eval()

    @torch.inference_mode()
    def forward(sample):
        return net(torch.from_numpy(sample)).numpy()

    return forward


def whole(s, path, forward):
    spacing = s["spacing"]
    mr, affine = decode(path)
    ras = orient(mr, affine)
    on_grid = sitk.GetArrayFromImage(to_model_grid(image_of(ras, spacing), s))
    outputs = [forward(sample) for sample in cut(normalise(on_grid), s["batch"])]
    back = sitk.GetArrayFromImage(from_model_grid(invert(assemble(outputs)), s))
    source = np.ascontiguousarray(mr.T)
    sct = background(source, image_of(source, spacing), back)
    return sct, encode(sct, affine)


def make(row, s, folder):
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(s["peerThreads"])
    path = folder / f"road-mr-{'x'.join(map(str, s['shape']))}.nii.gz"
    sizes = {}
    if row == "whole":
        forward = network(s, folder)

        def work():
            sct, sizes["bytes"] = whole(s, path, forward)
            return sct

        return work, fingerprint, lambda: sizes
    spacing = s["spacing"]
    mr, affine = decode(path)
    if row == "decode":
        return lambda: decode(path)[0].T, fingerprint, dict
    if row == "orient":
        return lambda: orient(mr, affine), fingerprint, dict
    ras = orient(mr, affine)
    ras_image = image_of(ras, spacing)
    if row == "resample":
        return lambda: to_model_grid(ras_image, s), of_image, dict
    on_grid_image = to_model_grid(ras_image, s)
    on_grid = sitk.GetArrayFromImage(on_grid_image)
    if row == "normalise":
        return lambda: normalise(on_grid), fingerprint, dict
    normalised = normalise(on_grid)
    if row == "slice":
        return lambda: cut(normalised, s["batch"]), fingerprint, dict
    samples = cut(normalised, s["batch"])
    if row == "forward":
        forward = network(s, folder)
        sample = samples[len(samples) >> 1]
        # NHWC with one channel, as our side counts the axes
        return lambda: forward(sample), lambda y: fingerprint(np.moveaxis(y, 1, -1)), dict
    if row == "assemble":
        return lambda: assemble(samples), fingerprint, dict
    if row == "invert":
        return lambda: invert(normalised), fingerprint, dict
    hu = invert(normalised)
    if row == "resample-back":
        return lambda: from_model_grid(hu, s), of_image, dict
    back = sitk.GetArrayFromImage(from_model_grid(hu, s))
    source = np.ascontiguousarray(mr.T)
    source_image = image_of(source, spacing)
    if row == "background":
        return lambda: background(source, source_image, back), fingerprint, dict
    sct = background(source, source_image, back)

    def save():
        sizes["bytes"] = encode(sct, affine)

    return save, lambda _: {}, lambda: sizes


def of_image(image):
    return fingerprint(sitk.GetArrayViewFromImage(image))


serve(make, ["nibabel", "numpy", "scipy", "SimpleITK", "torch"])
