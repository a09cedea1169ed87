"""Established tools on the same voxels as verify:tissue, which calls this: tissue_peers.py FOLDER CASE...

Each works inside the given mask on FOLDER/CASE.mr.nii, with its usual settings:
- gmm: scikit-learn's GaussianMixture, 3 components, k-means start, on intensities;
- atropos: ANTs Atropos, -i KMeans[3] -m [0.2,1x1x1] -c [5,0];
- n4+...: the same after SimpleITK's N4 (shrink 4, 50 iterations on each of 4 levels).
Classes are named by their mean (T1: CSF < GM < WM). Writes FOLDER/peers.json: case -> tool -> {dice: [null, CSF, GM, WM], seconds}.
"""

import json
import os
import sys
import time

os.environ.setdefault("ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS", "2")
import ants
import nibabel
import numpy as np
import SimpleITK as sitk
from sklearn.mixture import GaussianMixture


def by_mean(labels, image, inside):
    """Numbers classes 1, 2, 3 from dark to bright."""
    kinds = [k for k in np.unique(labels[inside])]
    order = sorted(kinds, key=lambda k: image[inside & (labels == k)].mean())
    out = np.zeros(labels.shape, np.uint8)
    for n, k in enumerate(order):
        out[inside & (labels == k)] = n + 1
    return out


def gmm(image, inside):
    values = image[inside].reshape(-1, 1)
    model = GaussianMixture(3, random_state=0).fit(values)
    labels = np.zeros(image.shape, np.int16) - 1
    labels[inside] = model.predict(values)
    return by_mean(labels, image, inside)


def atropos(image, inside):
    a = ants.from_numpy(image.astype(np.float32))
    m = ants.from_numpy(inside.astype(np.float32))
    result = ants.atropos(a=a, x=m, i="Kmeans[3]", m="[0.2,1x1x1]", c="[5,0]")
    return by_mean(np.rint(result["segmentation"].numpy()).astype(np.int16), image, inside)


def n4(image, inside):
    i = sitk.GetImageFromArray(image.astype(np.float32))
    m = sitk.GetImageFromArray(inside.astype(np.uint8))
    corrector = sitk.N4BiasFieldCorrectionImageFilter()
    corrector.SetMaximumNumberOfIterations([50] * 4)
    corrector.Execute(sitk.Shrink(i, [4] * 3), sitk.Shrink(m, [4] * 3))
    field = sitk.GetArrayFromImage(corrector.GetLogBiasFieldAsImage(i))
    return image / np.exp(field)


def dice(a, b, k):
    total = (a == k).sum() + (b == k).sum()
    return None if total == 0 or (b == k).sum() == 0 else float(2 * ((a == k) & (b == k)).sum() / total)


folder, cases = sys.argv[1], sys.argv[2:]
out = {}
for case in cases:
    image, truth, mask = (np.asarray(nibabel.load(f"{folder}/{case}.{part}.nii").dataobj, np.float32) for part in ("mr", "truth", "mask"))
    inside = mask > 0
    begin = time.time()
    corrected = n4(image, inside)
    spent = time.time() - begin
    out[case] = {}
    for name, run in ("gmm", gmm), ("atropos", atropos):
        for prefix, picture, before in ("", image, 0.0), ("n4+", corrected, spent):
            begin = time.time()
            labels = run(picture, inside)
            out[case][prefix + name] = {"dice": [None, *(dice(labels, truth, k) for k in (1, 2, 3))], "seconds": before + time.time() - begin}
    print(f"peers: {case}", file=sys.stderr, flush=True)
with open(f"{folder}/peers.json", "w") as file:
    json.dump(out, file, indent=1)
