# Estimates of Apache DataSketches for test/stats/hyper-log-log.test.ts: pip install datasketches==5.2.0; python distinct.py > distinct.json
import json
from datasketches import hll_sketch, hll_union, tgt_hll_type

LG_K = 11
vectors = []
for n in [0, 1, 2, 10, 100, 1000, 2000, 4000, 8000, 20000, 100000, 1000000]:
    half = hll_union(LG_K)
    for part in (range(0, n, 2), range(1, n, 2)):
        sketch = hll_sketch(LG_K, tgt_hll_type.HLL_8)
        for value in part:
            sketch.update(float(value))
        half.update(sketch)
    vectors.append({"distinct": n, "estimate": half.get_estimate(), "low": half.get_lower_bound(3), "high": half.get_upper_bound(3)})
print(json.dumps({"lgK": LG_K, "vectors": vectors}, indent=1))
