"""Trains a scikit-learn pipeline for Millrace: `python3 train.py FOLDER`.

pip install scikit-learn skl2onnx pyarrow pandas
"""

import json
import pathlib
import sys

import pyarrow.parquet as parquet
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

folder = pathlib.Path(sys.argv[-1])
request = json.loads((folder / "request.json").read_text())
names = [feature["name"] for feature in request["features"]]
columns = request["columns"]


def rows(name):
    table = parquet.read_table(folder / f"{name}.parquet").to_pandas()
    return table[names].to_numpy("float32"), table[columns["label"]], table[columns["weight"]]


def fitted(c):
    x, y, weights = rows("train")
    model = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression(C=c, max_iter=1000))
    return model.fit(x, y, logisticregression__sample_weight=weights)


metrics = {}
if request["refit"]:
    # The same on all rows: what the validation rows chose.
    c = request["chosen"]["C"]
    model = fitted(c)
elif request["rows"]["validation"] == 0:
    c = 1.0
    model = fitted(c)
else:
    x, y, _ = rows("validation")
    models = {c: fitted(c) for c in [0.001, 0.01, 0.1, 1.0, 10.0]}
    losses = {c: log_loss(y, model.predict_proba(x), labels=[0, 1]) for c, model in models.items()}
    c = min(losses, key=losses.get)
    model = models[c]
    metrics["validationLogLoss"] = losses[c]

onnx = to_onnx(
    model,
    initial_types=[("features", FloatTensorType([None, len(names)]))],
    options={"zipmap": False},
)
(folder / "model.onnx").write_bytes(onnx.SerializeToString())
(folder / "metrics.json").write_text(json.dumps({**metrics, "C": c, "chosen": {"C": c}}))
