"""Every installed module, exported and computed in onnxruntime."""

import pytest

import coreframe as cf
from coreframe_onnx.testing import check_export

NOT_EXPORTABLE: dict[str, str] = {}
"""Modules that no graph can express, each with the reason; today there is none."""


def installed_modules() -> list[object]:
    records = cf.get_registry().components()
    names = sorted({record.qualified for record in records if record.kind == "module"})
    refused = {
        name: pytest.mark.xfail(strict=True, raises=cf.ExportError, reason=reason)
        for name, reason in NOT_EXPORTABLE.items()
    }
    return [
        pytest.param(name, marks=refused[name.rpartition(".")[2]])
        if name.rpartition(".")[2] in refused
        else name
        for name in names
    ]


@pytest.mark.parametrize("name", installed_modules())
def test_onnxruntime_computes_each_example(name: str) -> None:
    check_export(name)
