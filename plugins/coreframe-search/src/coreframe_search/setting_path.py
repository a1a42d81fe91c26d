"""SettingPath: where in a run file a swept setting stands."""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import Any

import coreframe as cf
from coreframe_runs import Settings, nearest

__all__ = ["SettingPath", "parse_path"]

SECTIONS = ("data", "model", "loss", "optimizer", "schedule", "run")
WITHOUT_EFFECT = ("threads", "checkpoint_seconds", "monitor")
FORM = re.compile(
    r"(?P<section>\w+)(\.(?P<name>\w+)(\[(?P<layer>\d+|\*)\](\.(?P<argument>\w+))?)?)?"
)


@dataclass(frozen=True)
class SettingPath:
    """`optimizer`, `optimizer.lr`, `model.layers`, `model.layers[2]`, `model.layers[*].gain`.

    Attributes:
        section: of the run file.
        name: in it; empty for the whole section.
        layer: which one, `*` for each that has the argument; empty for all of them.
        argument: of the layer; empty for its whole spec.
    """

    section: str
    name: str = ""
    layer: str = ""
    argument: str = ""

    @property
    def depth(self) -> int:
        """How much it singles out: what takes more with it is set first."""
        if self.argument:
            return 3 if self.layer == "*" else 4
        return sum(map(bool, (self.name, self.layer)))

    def put(self, table: dict[str, Any], value: Any) -> None:
        """Set it in the sections of a run file.

        Raises:
            ArgumentError: if it names a layer, or an argument of a layer, that is not there.
        """
        if not self.name:
            table[self.section] = value
        elif not self.layer:
            table.setdefault(self.section, {})[self.name] = value
        else:
            self._put_layer(table["model"]["layers"], value)

    def _put_layer(self, layers: list[str], value: Any) -> None:
        if self.layer != "*" and int(self.layer) >= len(layers):
            raise cf.ArgumentError(f"there are layers 0 to {len(layers) - 1} only")
        if not self.argument:
            layers[int(self.layer)] = value
            return
        every = self.layer == "*"
        known: set[str] = set()
        done = False
        for index in range(len(layers)) if every else [int(self.layer)]:
            spec = cf.parse_spec(layers[index])
            names = _arguments(spec)
            known |= set(names)
            if self.argument in names:
                layers[index] = str(_with(spec, names, self.argument, value))
                done = True
        if not done:
            which = "no layer" if every else layers[int(self.layer)]
            verb = "has" if every else "has no"
            raise cf.ArgumentError(
                f"{which} {verb} such argument{nearest(self.argument, sorted(known))}"
            )


def parse_path(text: str, sections: Collection[str]) -> SettingPath:
    """Read a path, and see that the run file has such a place.

    Args:
        text: the path.
        sections: those that the file has.

    Raises:
        ArgumentError: saying what there is.
    """
    found = FORM.fullmatch(text)
    if found is None:
        raise cf.ArgumentError(
            "is no path of a setting, such as optimizer.lr or model.layers[0].gain"
        )
    path = SettingPath(**{key: part or "" for key, part in found.groupdict().items()})
    if path.section not in SECTIONS:
        raise cf.ArgumentError(
            f"there is no section {path.section}{nearest(path.section, SECTIONS)}"
        )
    if path.section == "run":
        known = [f.name for f in fields(Settings) if f.name not in WITHOUT_EFFECT]
        if path.name in WITHOUT_EFFECT:
            raise cf.ArgumentError("changes no figure of a trial")
        if path.name not in known:
            raise cf.ArgumentError(f"there is no such setting{nearest(path.name, known)}")
    if path.section == "model" and path.name != "layers":
        raise cf.ArgumentError(f"there is no such setting{nearest(path.name, ('layers',))}")
    if path.layer and path.section != "model":
        raise cf.ArgumentError("only model.layers has numbers in brackets")
    if path.layer == "*" and not path.argument:
        raise cf.ArgumentError("every layer would be the same; write model.layers[*].gain")
    if path.name and path.section not in sections and path.section != "run":
        raise cf.ArgumentError(f"the file has no section [{path.section}]")
    return path


def _arguments(spec: cf.Spec) -> list[str]:
    cls = cf.get_registry().load(
        cf.get_registry().find(spec.name, kind="module", distribution=spec.distribution)
    )
    return list(inspect.signature(cls).parameters)


def _with(spec: cf.Spec, names: list[str], argument: str, value: Any) -> cf.Spec:
    """The spec with another value of an argument, whether that stood by name or by position."""
    position = names.index(argument)
    if position < len(spec.args):
        args = (*spec.args[:position], value, *spec.args[position + 1 :])
        return cf.Spec(spec.name, spec.distribution, args, spec.kwargs)
    return cf.Spec(spec.name, spec.distribution, spec.args, {**spec.kwargs, argument: value})
