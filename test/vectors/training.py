"""Vectors of the training step from PyTorch: `python3 test/vectors/training.py` (torch 2, numpy).

A network as src/learning/trainers/mlp/network-shape.ts lays it out: one table of embeddings, two members, ReLU or SiLU, dropout
masks given, AdamW that decays all but biases; 20 steps on the same three batches in turn. Computed in float64.
"""
import json
import pathlib
import torch

torch.set_default_dtype(torch.float64)
NUMERIC, TABLE, SIZE, CATEGORIES, HIDDEN, MEMBERS, ROWS, STEPS = 5, 7, 3, 2, [4, 3], 2, 6, 20
RATE, DECAY, DROPOUT = 0.01, 0.05, 0.25


def f32(tensor):
    return tensor.to(torch.float32).to(torch.float64)


def make(activation):
    torch.manual_seed(7)
    sizes = [NUMERIC + CATEGORIES * SIZE, *HIDDEN, 1]
    params = {"embedding": f32(torch.randn(TABLE, SIZE) * 0.5)}
    for member in range(MEMBERS):
        for layer, (a, b) in enumerate(zip(sizes, sizes[1:])):
            params[f"member{member}.dense{layer}.weight"] = f32(torch.randn(a, b) * 0.6)
            params[f"member{member}.dense{layer}.bias"] = f32(torch.randn(b) * 0.3)
    for p in params.values():
        p.requires_grad_(True)
    batches = [
        dict(
            numeric=f32(torch.randn(ROWS, NUMERIC)),
            categories=torch.randint(0, TABLE, (ROWS, CATEGORIES)),
            labels=torch.randint(0, 2, (ROWS, 1)).to(torch.float64),
            weights=f32(torch.rand(ROWS, 1) / ROWS),
            keep=(torch.rand(ROWS, MEMBERS * sum(HIDDEN)) >= DROPOUT).to(torch.float64),
        )
        for _ in range(3)
    ]
    flat = lambda values: torch.cat([v.detach().reshape(-1) for v in values]).tolist()
    start = flat(params.values())
    weights = [p for name, p in params.items() if not name.endswith("bias")]
    biases = [p for name, p in params.items() if name.endswith("bias")]
    adam = torch.optim.AdamW(
        [dict(params=weights, weight_decay=DECAY), dict(params=biases, weight_decay=0.0)], lr=RATE
    )
    act = dict(relu=torch.relu, silu=torch.nn.functional.silu)[activation]
    losses, after, gradient = [], {}, None
    for step in range(1, STEPS + 1):
        b = batches[(step - 1) % 3]
        x = torch.cat([b["numeric"], params["embedding"][b["categories"]].reshape(ROWS, -1)], 1)
        loss, at = 0, 0
        for member in range(MEMBERS):
            h = x
            for layer in range(len(HIDDEN) + 1):
                h = h @ params[f"member{member}.dense{layer}.weight"] + params[f"member{member}.dense{layer}.bias"]
                if layer < len(HIDDEN):
                    h = act(h) * b["keep"][:, at : at + HIDDEN[layer]] / (1 - DROPOUT)
                    at += HIDDEN[layer]
            bce = torch.nn.functional.binary_cross_entropy_with_logits(h, b["labels"], reduction="none")
            loss = loss + (bce * b["weights"]).sum() / MEMBERS
        adam.zero_grad()
        loss.backward()
        if step == 1:
            gradient = flat(p.grad for p in params.values())
        adam.step()
        losses.append(loss.item())
        if step in (1, STEPS):
            after[step] = flat(params.values())
    return dict(
        activation=activation,
        start=start,
        batches=[{k: v.reshape(-1).tolist() for k, v in b.items()} for b in batches],
        gradient=gradient,
        losses=losses,
        afterFirst=after[1],
        afterLast=after[STEPS],
    )


shape = dict(
    numericWidth=NUMERIC, categoryCount=CATEGORIES, embeddingRows=TABLE, embeddingSize=SIZE, hidden=HIDDEN,
    members=MEMBERS, rows=ROWS, steps=STEPS, rate=RATE, weightDecay=DECAY, dropout=DROPOUT,
)  # fmt: skip
out = dict(torch=torch.__version__, shape=shape, cases=[make("relu"), make("silu")])
text = json.dumps(out, separators=(",", ":"))
pathlib.Path(__file__).with_suffix(".json").write_text(text + "\n")
print(len(text), out["cases"][0]["losses"][:3])
