"""Opens an exported CT series as others do, and compares it with what was written.

    python test/verify/dicom_check.py FOLDER EXPECTED.json    # pip install pydicom SimpleITK numpy

EXPECTED.json: {"size": [nx, ny, nz], "affine": [16 numbers, RAS+], "hu": FILE of int16, x fastest, "source": UID of the frame of reference}
"""

import json
import pathlib
import sys

import numpy as np
import pydicom
import SimpleITK as sitk

folder, expected = pathlib.Path(sys.argv[1]), json.loads(pathlib.Path(sys.argv[2]).read_text())
nx, ny, nz = expected["size"]
hu = np.fromfile(expected["hu"], "<i2").reshape(nz, ny, nx)
affine = np.diag([-1, -1, 1, 1]) @ np.array(expected["affine"]).reshape(4, 4)

pydicom.config.settings.reading_validation_mode = pydicom.config.RAISE
pydicom.config.settings.writing_validation_mode = pydicom.config.RAISE
files = sorted(folder.glob("*.dcm"))
assert len(files) == nz, (len(files), nz)
uids = set()
for k, path in enumerate(files):
    d = pydicom.dcmread(path)
    str(d)  # decodes, and with it checks, every element
    assert d.SOPClassUID == pydicom.uid.CTImageStorage and d.Modality == "CT"
    assert list(d.ImageType) == ["DERIVED", "SECONDARY", "AXIAL"]
    assert d.SeriesDescription.startswith("SYNTHETIC CT (not for diagnosis)")
    assert "ynthetic CT" in d.DerivationDescription
    assert d.FrameOfReferenceUID == expected["source"]
    values = pydicom.pixels.apply_modality_lut(d.pixel_array, d)
    assert np.array_equal(values, hu[k]), path
    assert np.allclose(d.ImagePositionPatient, (affine @ [0, 0, k, 1])[:3], atol=1e-6)
    uids.add(d.SOPInstanceUID)
assert len(uids) == nz
print(f"pydicom {pydicom.__version__}: {nz} files, all elements valid, voxels equal")

reader = sitk.ImageSeriesReader()
series = reader.GetGDCMSeriesIDs(str(folder))
assert len(series) == 1, series
reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder), series[0]))
image = reader.Execute()
read = sitk.GetArrayFromImage(image)
direction = np.array(image.GetDirection()).reshape(3, 3) @ np.diag(image.GetSpacing())
# GDCM may take the slices from the other end.
turned = np.dot(direction[:, 2], affine[:3, 2]) < 0
read = read[::-1] if turned else read
assert np.array_equal(read, hu)
corner = image.TransformIndexToPhysicalPoint((0, 0, nz - 1 if turned else 0))
assert np.allclose(corner, affine[:3, 3], atol=1e-4), (corner, affine[:3, 3])
assert np.allclose(np.abs(direction), np.abs(affine[:3, :3]), atol=1e-4)
print(f"SimpleITK {sitk.Version_VersionString()}: one series, voxels and grid equal")
