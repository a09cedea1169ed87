"""Peer of bench/suites/prepare.ts: the same steps as a researcher writes them with nibabel and SciPy, in a program of its own.

prepare.py --work FOLDER OUT TARGET PROCESSES is that program.
"""
import json
import shutil
import subprocess
import sys
from multiprocessing import Pool
from pathlib import Path

import nibabel
import numpy as np
from scipy import ndimage


def resampled(image, target, fill):
    """Linear, onto voxels of `target` mm over the same field of view."""
    spacing = np.array(image.header.get_zooms()[:3], dtype=float)
    shape = np.maximum(1, np.round(np.array(image.shape) * spacing / target)).astype(int)
    factor = target / spacing
    data = image.get_fdata(dtype=np.float32)
    if np.allclose(factor, 1):
        return data
    return ndimage.affine_transform(data, factor, offset=factor / 2 - 0.5, output_shape=tuple(shape), order=1, mode="nearest")


def body_of(ct):
    """Largest component above -300 HU, holes filled slice by slice."""
    labels, _ = ndimage.label(ct > -300, structure=np.ones((3, 3, 3)))
    body = labels == np.bincount(labels.ravel())[1:].argmax() + 1
    for k in range(body.shape[2]):
        body[:, :, k] = ndimage.binary_fill_holes(body[:, :, k])
    return body


def prepare(job):
    case, out, target = job
    target = np.array(target, dtype=float)
    mr, ct = (nibabel.as_closest_canonical(nibabel.load(case / f"{name}.nii.gz")) for name in ("mr", "ct"))
    full = ct.get_fdata(dtype=np.float32)
    body = body_of(full)
    image = resampled(mr, target, 0)
    low, high = np.percentile(image, [0.5, 99.5])
    image = np.clip((image - low) / (high - low), 0, 1)
    hu = resampled(ct, target, -1024)
    # Masks by the nearest voxel, as ours.
    index = [np.clip(np.floor((np.arange(n) + 0.5) * t / s), 0, m - 1).astype(int) for n, t, s, m in zip(hu.shape, target, ct.header.get_zooms(), body.shape)]
    body = body[np.ix_(*index)]
    np.savez(out / f"{case.name}.npz", mr=image.astype(np.float16), ct=np.round(hu * 8).astype(np.int16), body=body)


def work_on(folder, out, target, processes):
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    with Pool(processes) as pool:
        pool.map(prepare, [(case, out, target) for case in sorted(folder.iterdir())], chunksize=1)


def make(row, s, folder):
    out = folder / f"{s['folder']}-peer"
    arguments = [str(folder / s["folder"]), str(out), json.dumps(s["target"]), str(s["processes"])]

    def work():
        subprocess.run([sys.executable, __file__, "--work", *arguments], check=True)

    def values(_):
        all_ = [np.load(file) for file in sorted(out.glob("*.npz"))]
        mean = lambda make: float(np.mean([make(one).mean(dtype=np.float64) for one in all_]))
        return {"mr": mean(lambda one: one["mr"]), "ct": mean(lambda one: one["ct"] / 8), "body": mean(lambda one: one["body"])}

    return work, values, lambda: {}


if __name__ == "__main__":
    if sys.argv[1] == "--work":
        _, _, source, target_folder, mm, count = sys.argv
        work_on(Path(source), Path(target_folder), json.loads(mm), int(count))
    else:
        from serve import serve

        serve(make, ["nibabel", "numpy", "scipy"])
