"""Peer of bench/suites/folders.ts: dcm2niix, a process of its own, without Python around it."""
import shutil
import subprocess
from pathlib import Path

import dcm2niix
import nibabel
import numpy as np
from serve import serve

PROGRAM = Path(dcm2niix.__file__).with_name("dcm2niix")


def make(row, s, folder):
    out = folder / f"{s['folder']}-peer"

    def work():
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        subprocess.run([PROGRAM, "-z", "n", "-b", "n", "-f", "%s", "-o", out, folder / s["folder"]], check=True, stdout=subprocess.DEVNULL)

    def values(_):
        v = np.asarray(nibabel.load(out / f"{s['wanted']}.nii").dataobj)
        return {"all": float(v.mean(dtype=np.float64)), "half": float(v[:, :, : v.shape[2] // 2].mean(dtype=np.float64))}

    return work, values, lambda: {}


serve(make, ["dcm2niix", "nibabel", "numpy"])
