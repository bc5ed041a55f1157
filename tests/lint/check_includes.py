#!/usr/bin/env python3
"""Refuses includes of modules that a folder's CMakeLists.txt does not name (one that comes in
through another module would compile), and includes by a path upwards.

usage: check_includes.py SRC MODULES   (MODULES: lines "name|allowed;...|public;...")
"""
import pathlib
import re
import sys

src, listing = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
allowed = {}
for line in listing.read_text().splitlines():
    name, may, public = line.split("|")
    allowed[name] = {m for m in may.split(";") if m and not m.endswith("-NOTFOUND")}

bad = 0
for file in sorted(src.glob("*/*.[ch]")):
    module = file.parent.name
    if module not in allowed:  # a program's own folder: the compiler's view is the rule
        continue
    for number, line in enumerate(file.read_text().splitlines(), 1):
        match = re.match(r'\s*#include "([^"]+)"', line)
        if not match:
            continue
        path = match.group(1)
        if path.startswith("../"):
            print(f"{file}:{number}: include by a path upwards: {path}")
            bad += 1
        elif "/" in path and path.split("/")[0] not in allowed[module]:
            print(f"{file}:{number}: {module} does not name the module of {path}")
            bad += 1
sys.exit(1 if bad else 0)
