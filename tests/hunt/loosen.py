#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Of a recorded refusal, only that it was one is compared: loosen.py DIR"""
import glob
import json
import sys

for path in glob.glob(sys.argv[1] + "/*/case.json"):
    with open(path) as f:
        case = json.load(f)
    if not case.get("must_fail"):
        continue
    case["error_mentions"] = [""]
    case.pop("error_line", None)
    case.pop("error_line_to", None)
    with open(path, "w") as f:
        json.dump(case, f)
