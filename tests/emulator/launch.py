"""Runs a Python module that ends with whoever started it, however they end: when standard input closes, it is over.

    launch.py MODULE [ARGUMENT]...
"""

import os
import runpy
import sys
import threading


def watch():
    os.read(0, 1)
    os._exit(0)


threading.Thread(target=watch, daemon=True).start()
del sys.argv[0]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
