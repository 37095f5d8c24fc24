"""Runs a Python module that ends with whoever started it, however they end: when standard input closes, it is over.

    launch.py MODULE [ARGUMENT]...
"""

import os
import runpy
import sys
import threading
import types

# moto's CloudFormation imports its API Gateway, which imports a validator of OpenAPI documents, nine packages in all. No
# API is made here.
OPENAPI = "openapi_spec_validator"


class NoApi(types.ModuleType):
    __path__ = ()

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Exception


def watch():
    os.read(0, 1)
    os._exit(0)


threading.Thread(target=watch, daemon=True).start()
del sys.argv[0]
if sys.argv[0] == "moto.server":
    for module in (OPENAPI, f"{OPENAPI}.validation", f"{OPENAPI}.validation.exceptions"):
        sys.modules[module] = NoApi(module)
if sys.argv[0] == "ministack":
    # Run in isolation, this program does not look for modules in its own folder.
    sys.path.append(os.path.dirname(__file__))
    sys.dont_write_bytecode = True
    import cloudformation  # noqa: F401
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
