"""16 bits, where a device has instructions for them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from tlstudio.training import precision
from tlstudio.training.precision import Precision, half_type, precision_of

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("wanted", "there", "name", "said"),
    [
        ("float32", True, "float32", False),
        ("auto", True, "float32", False),  # until it was measured
        ("mixed", True, "bfloat16", False),
        ("auto", False, "float32", False),
        ("mixed", False, "float32", True),
    ],
)
def test_a_cpu_takes_16_bits_only_where_it_has_instructions_for_them(
    monkeypatch: pytest.MonkeyPatch, wanted: str, there: bool, name: str, said: bool
) -> None:
    monkeypatch.setattr(precision, "_cpu_has_bfloat16", lambda: there)
    found, sentence = precision_of(wanted, CPU)
    assert found == name
    assert ("does not compute faster in 16 bits" in sentence) == said


@pytest.mark.parametrize(("flags", "there"), [("avx2 avx512f avx512_bf16 amx_tile", True), ("avx2 avx512f avx512_vnni", False)])
def test_linux_is_asked_where_torch_does_not_say(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flags: str, there: bool) -> None:
    info = tmp_path / "cpuinfo"
    info.write_text(f"flags\t\t: fpu {flags}\n")
    monkeypatch.setattr(precision, "_CPUINFO", info)
    for name in ("_is_amx_tile_supported", "_is_avx512_bf16_supported"):
        monkeypatch.delattr(torch.cpu, name, raising=False)
    precision._cpu_has_bfloat16.cache_clear()
    try:
        assert (half_type(CPU) == "bfloat16") is there
    finally:
        precision._cpu_has_bfloat16.cache_clear()


def _learned(said: Precision, clip: float) -> torch.Tensor:
    torch.manual_seed(0)
    layer = nn.Linear(4, 2)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.5)
    x, y = torch.randn(8, 4), torch.arange(8) % 2
    for _ in range(3):
        with said.autocast():
            logits = layer(x)
        optimizer.zero_grad()
        said.backward(nn.functional.cross_entropy(logits.float(), y))
        said.step(optimizer, list(layer.parameters()), clip)
    return layer.weight.detach()


@pytest.mark.parametrize("clip", [0.0, 0.01])
def test_mixed_steps_go_where_those_of_float32_go_with_weights_in_float32(clip: float) -> None:
    exact, scaled, rough = (_learned(Precision(CPU, name), clip) for name in ("float32", "float16", "bfloat16"))
    assert scaled.dtype == rough.dtype == torch.float32
    assert not torch.equal(exact, rough)
    torch.testing.assert_close(exact, scaled, atol=1e-3, rtol=0)
    torch.testing.assert_close(exact, rough, atol=1e-2, rtol=0)


def test_the_scale_of_gradients_is_what_a_checkpoint_keeps() -> None:
    one, other = Precision(CPU, "float16"), Precision(CPU, "float16")
    assert one.scaler is not None
    assert other.scaler is not None
    _learned(one, 0.0)
    one.scaler.update(256.0)
    other.load(one.state())
    assert other.scaler.state_dict() == one.scaler.state_dict()
    assert Precision(CPU).state() == {}
    Precision(CPU).load({})
