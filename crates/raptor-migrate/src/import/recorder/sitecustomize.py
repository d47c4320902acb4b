"""Loaded by every Python that is started with this folder on PYTHONPATH.

When Alembic runs migrations, the steps are asked for, one after another, over the socket that
RAPTOR_RECORDER names, and each statement that a step gives to the database is told there with its
parameters filled in. Without that variable, and in every process that runs no migrations, nothing
happens. Nothing is changed in the project's files.
"""

import importlib.machinery
import importlib.util
import os
import sys


def load_hidden():
    """Loads the sitecustomize that would have been loaded without this one."""
    here = os.path.dirname(os.path.abspath(__file__))
    others = [path for path in sys.path if os.path.abspath(path or ".") != here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", others)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


class AfterImport:
    """Runs a hook when a module has been imported."""

    def __init__(self, hooks):
        self.hooks = hooks
        self.busy = set()

    def find_spec(self, name, path=None, target=None):
        if name not in self.hooks or name in self.busy:
            return None
        self.busy.add(name)
        try:
            spec = importlib.util.find_spec(name)
        finally:
            self.busy.discard(name)
        if spec is None or spec.loader is None:
            return None
        load = spec.loader.exec_module

        def exec_module(module):
            load(module)
            self.hooks[name](module)

        spec.loader.exec_module = exec_module
        return spec


if os.environ.get("RAPTOR_RECORDER"):
    from raptor_recorder import HOOKS

    sys.meta_path.insert(0, AfterImport(HOOKS))
    for loaded in list(HOOKS):
        if loaded in sys.modules:
            HOOKS[loaded](sys.modules[loaded])
load_hidden()
