"""Reads what written.ts wrote: values must be equal, affines to float32. See there."""
import json
import pathlib
import sys

import nibabel as nib
import numpy as np
import SimpleITK as sitk

sitk.ProcessObject.SetGlobalWarningDisplay(False)
folder = pathlib.Path(sys.argv[1])
worst, wrong = 0.0, []
files = json.loads((folder / "list.json").read_text())
for entry in files:
    path = str(folder / entry["name"])
    if path.endswith(("mgh", "mgz")):
        img = nib.load(path)
        values, affine = np.asarray(img.dataobj).ravel(order="F"), img.affine
    else:
        img = sitk.ReadImage(path)
        values, affine = sitk.GetArrayFromImage(img).ravel(), np.eye(4)
        affine[:3, :3] = np.array(img.GetDirection()).reshape(3, 3) * img.GetSpacing()
        affine[:3, 3] = img.GetOrigin()
        affine = np.diag([-1, -1, 1, 1]) @ affine
    error = float(np.abs(affine - np.array(entry["affine"]).reshape(4, 4)).max())
    worst = max(worst, error)
    if not np.array_equal(values, entry["values"]) or error > 2e-5:
        wrong.append(entry["name"])
print(f"{len(files)} files by SimpleITK {sitk.Version_VersionString()} and nibabel {nib.__version__}: {len(wrong)} differ; affine within {worst:.1e} mm")
sys.exit("\n".join(wrong) if wrong else 0)
