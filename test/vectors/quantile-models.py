"""A value with its quantiles as scikit-learn's models give them, exported as one file: `python3 test/vectors/quantile-models.py`.

Needs scikit-learn and skl2onnx. Writes models/quantiles-*.onnx and quantile-models.json: rows of two features, and the predictions of
the four models (not of ONNX Runtime). One file has an output for each model, one a column for each.
"""
import json
import pathlib

import numpy as np
import onnx
from onnx import compose, helper
from skl2onnx import to_onnx
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import LinearRegression, QuantileRegressor

HERE = pathlib.Path(__file__).parent
random = np.random.default_rng(11)
features = random.gamma(2, 5, (400, 2)).astype(np.float32)
minutes = (2 * features[:, 0] + features[:, 1] * random.gamma(2, 0.5, 400)).astype(np.float64)
models = dict(
    mean=LinearRegression(),
    p10=GradientBoostingRegressor(loss="quantile", alpha=0.1, n_estimators=20, random_state=1),
    p50=QuantileRegressor(quantile=0.5, alpha=0),
    p90=GradientBoostingRegressor(loss="quantile", alpha=0.9, n_estimators=20, random_state=1),
)
nodes, initializers, outputs, opsets = [], [], [], {}
for name, model in models.items():
    part = to_onnx(model.fit(features, minutes), features[:1], target_opset={"": 17, "ai.onnx.ml": 3})
    part = compose.add_prefix(part, f"{name}_", rename_inputs=False)
    graph = part.graph
    source = graph.input[0]
    nodes += graph.node
    initializers += graph.initializer
    nodes.append(helper.make_node("Identity", [graph.output[0].name], [name]))
    outputs.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [None, 1]))
    opsets |= {one.domain: max(one.version, opsets.get(one.domain, 0)) for one in part.opset_import}


def write(name, nodes, outputs):
    graph = helper.make_graph(nodes, name, [source], outputs, initializers)
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid(domain, version) for domain, version in opsets.items()],
        ir_version=8,
        producer_name="skl2onnx",
    )
    onnx.checker.check_model(model)
    onnx.save(model, HERE / "models" / f"{name}.onnx")


write("quantiles-apart", nodes, outputs)
matrix = helper.make_tensor_value_info("range", onnx.TensorProto.FLOAT, [None, len(models)])
write("quantiles-matrix", [*nodes, helper.make_node("Concat", list(models), ["range"], axis=1)], [matrix])
rows = features[:12]
predictions = np.column_stack([model.predict(rows) for model in models.values()])
text = json.dumps(dict(outputs=list(models), rows=rows.tolist(), expected=predictions.tolist()))
(HERE / "quantile-models.json").write_text(text + "\n")
