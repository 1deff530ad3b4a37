"""Trains LightGBM for Millrace: `python3 train.py FOLDER`.

pip install lightgbm onnxmltools packaging pyarrow pandas
"""

import json
import pathlib
import sys

import lightgbm
import pyarrow.parquet as parquet
from onnxmltools import convert_lightgbm
from onnxmltools.convert.common.data_types import FloatTensorType

folder = pathlib.Path(sys.argv[-1])
request = json.loads((folder / "request.json").read_text())
names = [feature["name"] for feature in request["features"]]
columns = request["columns"]


def rows(name):
    table = parquet.read_table(folder / f"{name}.parquet").to_pandas()
    return lightgbm.Dataset(
        table[names].to_numpy("float32"), table[columns["label"]], weight=table[columns["weight"]]
    )


parameters = {
    "objective": "binary",
    "learning_rate": 0.05,
    "seed": request["seed"],
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
    **request["params"],
}
metrics = {}
if request["refit"]:
    # The same on all rows: what the validation rows chose.
    rounds = request["chosen"]["rounds"]
    model = lightgbm.train(parameters, rows("train"), rounds)
elif request["rows"]["validation"] == 0:
    rounds = 100
    model = lightgbm.train(parameters, rows("train"), rounds)
else:
    model = lightgbm.train(
        parameters,
        rows("train"),
        2_000,
        valid_sets=[rows("validation")],
        callbacks=[lightgbm.early_stopping(50, verbose=False)],
    )
    rounds = model.best_iteration
    metrics["validationLogLoss"] = model.best_score["valid_0"]["binary_logloss"]

model.free_dataset()
onnx = convert_lightgbm(
    lightgbm.Booster(model_str=model.model_to_string(num_iteration=rounds)),
    initial_types=[("features", FloatTensorType([None, len(names)]))],
    zipmap=False,
)
(folder / "model.onnx").write_bytes(onnx.SerializeToString())
(folder / "metrics.json").write_text(json.dumps({**metrics, "rounds": rounds, "chosen": {"rounds": rounds}}))
