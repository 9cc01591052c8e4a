"""Lets Rasa start without TensorFlow, which nothing in the shipped pipeline uses.

Rasa imports TensorFlow at start-up whatever the pipeline: eight of its fourteen seconds
and a third of its memory. After `leave_out()` those imports find stand-ins that can be
named, subclassed and used as decorators, and that fail with a clear message when a model
really needs the library. The stock pipeline of the benchmarks runs without this
(docs/decisions/0006).
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import sys
import types
from typing import Any, Optional, Sequence

LEFT_OUT = (
    "keras",
    "tensorflow",
    "tensorflow_addons",
    "tensorflow_hub",
    "tensorflow_text",
)


class TensorFlowLeftOutError(RuntimeError):
    """Something needs TensorFlow in a process that runs without it."""


class _StandInType(type):
    """The type of all stand-ins; whatever is asked of one is another."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = _stand_in(f"{cls.__module__}.{cls.__qualname__}.{name}")
        setattr(cls, name, value)
        return value

    def __call__(cls, *args: Any, **more: Any) -> Any:
        if not cls.__dict__.get("_is_stand_in"):
            raise TensorFlowLeftOutError(
                f"{cls.__qualname__} needs TensorFlow, which this process leaves out. "
                "Take the component out of config.yml."
            )
        decorates = len(args) == 1 and not more and callable(args[0])
        return args[0] if decorates else cls

    def __getitem__(cls, item: Any) -> Any:
        return cls


def _stand_in(name: str) -> Any:
    return _StandInType(name.rsplit(".", 1)[-1], (), {"_is_stand_in": True})


class _StandInModule(types.ModuleType):
    __version__ = "0"
    __path__: Sequence[str] = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = _stand_in(f"{self.__name__}.{name}")
        setattr(self, name, value)
        return value


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(
        self,
        fullname: str,
        path: Optional[Sequence[str]],
        target: Optional[types.ModuleType] = None,
    ) -> Optional[importlib.machinery.ModuleSpec]:
        if fullname.split(".")[0] not in LEFT_OUT:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _StandInModule(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        pass


def _import_spacy() -> None:
    """Import spaCy while there is no TensorFlow at all: it looks for a GPU in it."""
    hidden: dict = dict.fromkeys(LEFT_OUT)
    sys.modules.update(hidden)
    importlib.import_module("spacy")
    for name in hidden:
        del sys.modules[name]


def leave_out() -> None:
    """Put the stand-ins in place; call it before Rasa is imported.

    Raises:
        RuntimeError: TensorFlow has been imported already.
    """
    if any(isinstance(finder, _Finder) for finder in sys.meta_path):
        return
    if "tensorflow" in sys.modules:
        raise RuntimeError("leave_out() comes too late: TensorFlow is imported.")
    _import_spacy()
    sys.meta_path.insert(0, _Finder())
