"""Peer of src/bench/volumes.ts: nibabel reads and writes, SimpleITK resamples and reorients.

Means are taken of [k, j, i] arrays, axes counted from the fastest as on our side. Images of SimpleITK are read before the clock starts.
"""
import nibabel
import numpy as np
import SimpleITK as sitk
from scipy.ndimage import gaussian_filter1d
from serve import serve

FWHM = 2 * np.sqrt(2 * np.log(2))  # of a Gaussian over its sigma


def halves(v):
    """`v` has its fastest axis last."""
    mean = lambda part: float(part.mean(dtype=np.float64))
    k, j, i = (n // 2 for n in v.shape)
    return {"all": mean(v), "half 0": mean(v[:, :, :i]), "half 1": mean(v[:, :j]), "half 2": mean(v[:k])}


def of_image(image):
    return halves(sitk.GetArrayViewFromImage(image))


def resampled(image, spacing, kind):
    """Over the same field of view; the outer corner of the first voxel stays."""
    factor = np.array(spacing) / image.GetSpacing()
    size = [int(np.floor(n / f + 0.5)) for n, f in zip(image.GetSize(), factor)]
    origin = image.TransformContinuousIndexToPhysicalPoint((factor / 2 - 0.5).tolist())
    return sitk.Resample(image, size, sitk.Transform(), kind, origin, spacing, image.GetDirection(), 0.0, sitk.sitkFloat32)


def turned(image, angles, kind):
    """Onto as large a grid, turned about x and then z around the middle."""
    (cx, cz), (sx, sz) = np.cos(angles), np.sin(angles)
    turn = np.array([[cz, -sz * cx, sz * sx], [sz, cz * cx, -cz * sx], [0, sx, cx]])
    middle = (np.array(image.GetSize()) - 1) / 2
    origin = image.TransformContinuousIndexToPhysicalPoint((middle - turn @ middle).tolist())
    direction = np.array(image.GetDirection()).reshape(3, 3) @ turn
    return sitk.Resample(image, image.GetSize(), sitk.Transform(), kind, origin, image.GetSpacing(),
                         direction.ravel().tolist(), 0.0, sitk.sitkFloat32)


def smoothed(array, image, spacing):
    """A Gaussian that widens a voxel to the new one (Cardoso 2015), then linear."""
    for axis, (old, new) in enumerate(zip(image.GetSpacing(), spacing)):
        if new > old:
            array = gaussian_filter1d(array, np.sqrt((new / old) ** 2 - 1) / FWHM, 2 - axis, mode="nearest")
    out = sitk.GetImageFromArray(array)
    out.CopyInformation(image)
    return resampled(out, spacing, sitk.sitkLinear)


def make(row, s, folder):
    stem = f"volumes-mr-{'x'.join(map(str, s['shape']))}-{s['type']}"
    if row.startswith("read-"):
        path = folder / f"{stem}{s['extension']}"
        read = lambda: np.asarray(nibabel.load(path, mmap=False).dataobj)  # mapped, a .nii would not be read at all
        return read, lambda v: halves(v.T), lambda: {"type": s["type"]}
    path = folder / f"{stem}.nii"
    if row.startswith("write-"):
        image = nibabel.load(path, mmap=False)
        image = nibabel.Nifti1Image(np.asarray(image.dataobj), image.affine)
        target = folder / f"volumes-peer-{s['type']}{s['extension']}"

        def write():
            nibabel.save(image, target)
            return {"bytes": target.stat().st_size}

        return write, lambda size: size, write
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(s["peerThreads"])
    image = sitk.ReadImage(str(path))
    details = lambda: {"threads": s["peerThreads"]}
    if row.startswith("reorient"):
        return lambda: sitk.DICOMOrient(image, s["to"]), of_image, details
    if row == "smoothed":
        array = sitk.GetArrayFromImage(image)
        return lambda: smoothed(array, image, s["spacing"]), of_image, details
    kind = sitk.sitkBSpline if row.startswith("cubic") else sitk.sitkLinear
    if "rotated" in row:
        return lambda: turned(image, s["angles"], kind), of_image, details
    return lambda: resampled(image, s["spacing"], kind), of_image, details


serve(make, ["nibabel", "numpy", "scipy", "SimpleITK"])
