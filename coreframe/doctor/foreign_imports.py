"""Foreign imports: plugins that import one another, or what is not public in the core."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from coreframe.doctor.catalogue import make_finding
from coreframe.doctor.finding import Finding
from coreframe.doctor.imports import Import, read_imports
from coreframe.doctor.installation import Installation
from coreframe.doctor.module_finder import ModuleFinder
from coreframe.doctor.packages import Package, find_packages
from coreframe.doctor.public_names import read_public_names
from coreframe.doctor.source import Source

__all__ = ["examine_foreign_imports"]

CORE = "coreframe"


def examine_foreign_imports(installation: Installation, finder: ModuleFinder) -> Iterator[Finding]:
    """Each import that makes a plugin break when another, or the core's inside, changes."""
    packages = [p for p in find_packages(installation, finder) if p.name != CORE]
    public = read_public_names(finder)
    told = {
        located.path
        for record in installation.usable
        for located in finder.way(record.target.partition(":")[0].strip()).found
    }
    words = [CORE, *(package.name.rpartition(".")[2] for package in packages)]
    for package in packages:
        if not package.is_examined:
            continue
        for name, path in package.files():
            source = finder.read(path)
            if source is None or not any(word in source.text for word in words):
                continue
            if source.tree is None:
                if path in told:
                    continue  # as the module of an entry point, which is worse
                yield make_finding(
                    "CF017",
                    package.source,
                    f"{path}:{source.line} is no valid Python ({source.fault}), so its imports "
                    "are not known",
                )
                continue
            found = read_imports(source.tree, name, is_package=path.name == "__init__.py")
            for given in found:
                yield from _of_plugins(given, package, packages, source)
                yield from _of_the_core(given, package, public, source)


def _of_plugins(
    given: Import, package: Package, packages: Sequence[Package], source: Source
) -> Iterator[Finding]:
    for other in packages:
        if other.owners & package.owners or other.name == package.name:
            continue
        if other.kinds == {"command"}:
            continue  # nothing there can be made by name
        if any(f"{name}.".startswith(f"{other.name}.") for name in given.candidates):
            yield make_finding(
                "CF009",
                package.source,
                f"{source.path}:{given.line} imports {other.name}, which belongs to "
                f"{other.source}; have it made by name, with coreframe.create",
            )


def _of_the_core(
    given: Import, package: Package, public: Mapping[str, frozenset[str]], source: Source
) -> Iterator[Finding]:
    if given.module.partition(".")[0] != CORE:
        return
    if given.module not in public:
        if not public:
            return
        what, names = given.module, given.names
    else:
        names = tuple(
            name
            for name in given.names
            if name not in public[given.module]
            and f"{given.module}.{name}" not in public
            and name != "*"
            and not (name.startswith("__") and name.endswith("__"))
        )
        if not names or given.is_attempt:
            return  # an attempt is made at names that another version may have
        what = f"{', '.join(names)} of {given.module}"
    homes = [home for home in sorted(public) if names and set(names) <= public[home]]
    mend = (
        f"write: from {homes[0]} import {', '.join(names)}"
        if homes
        else "use the public names of coreframe and coreframe.testing, or ask for this to be one"
    )
    yield make_finding(
        "CF010",
        package.source,
        f"{source.path}:{given.line} imports {what}, which is not public and may change with "
        f"any version; {mend}",
    )
