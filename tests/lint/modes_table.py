#!/usr/bin/env python3
"""Makes the list of the tests that do not hold in every mode.

usage: modes_table.py ROOT            prints docs/modes.md
       modes_table.py --check ROOT    compares it

The files that run in a mode stand in tests/cli/CMakeLists.txt (in_MODE), the modes in the loop below them. A test that cannot hold in some says so by: not_in_mode MODES "REASON"
"""
import difflib
import fnmatch
import pathlib
import re
import sys

HEAD = """# The modes that the end-to-end tests run in

Made by `tests/lint/modes_table.py . > docs/modes.md`; a test compares it.

Every file of tests/cli runs as root. Those that have to do with how steps are run, or how trees are kept (they run steps, make
snapshots, copies or exports, use caches), run once more in the modes that make a difference to them, a line of `ctest` each
(`cli-MODE-FILE`; `ctest -L mode-MODE` runs one mode). Files about the language, options, messages, registries and fetching run as root only.
`tests/support/suite-in-mode` makes the mode, and asks `cbuild doctor` first whether it is the one that a build takes: no test
can pass in another.

| mode | what it is |
|---|---|
"""

MODES = {
    "rootless": "an unprivileged user with ranges of sub-ids; overlay in the user namespace",
    "single": "an unprivileged user without sub-ids; overlay in the user namespace",
    "chroot": "root with what Docker's default profile leaves: a chroot, copied snapshots",
    "copy": "root; the store, the contexts and all else on an overlay, which carries none: copied snapshots",
    "rootless-copy": "the user with sub-ids, on that overlay",
    "old-kernel": "root; ENOSYS for openat2 and for every mount call that takes a descriptor (before Linux 5.2)",
}


LEFT_OUT = {
    "chroot": "without the files about devices and secrets, most of which a container cannot have, and about what a step "
              "has no part in: fetched sources, registries, platforms, compressed blobs, the names of `COPY --parents`",
    "copy": "without the files about what is not in a snapshot: devices, platforms, registries, compressed blobs",
    "rootless-copy": "what owners and copies have to do with each other; all else is what `rootless` and `copy` show",
    "old-kernel": "without the files about what opens no paths and mounts nothing of its own: platforms, registries, "
                  "compressed blobs",
}


def read_cmake(root):
    """modes, and the files of each"""
    text = (root / "tests/cli/CMakeLists.txt").read_text()
    modes = re.search(r"foreach\(mode ([^)]*)\)", text).group(1).split()
    return {m: re.search(rf"set\(in_{m} ([^)]*)\)", text).group(1).split() for m in modes}


def exceptions(root, files):
    """(modes, topic, test, reason)"""
    for topic in topics_of(files):
        test = "every test"
        for line in (root / f"tests/cli/{topic}.bats").read_text().splitlines():
            begun = re.match(r'@test "((?:[^"\\]|\\.)*)"', line)
            if begun:
                test = begun.group(1)
            said = re.match(r'\s*not_in_mode (?:"([^"]*)"|([\w-]+)) "([^"]*)"$', line)
            if not said:
                if re.match(r"\s*not_in_mode\b", line):
                    sys.exit(f"{topic}.bats: not_in_mode takes modes and a quoted reason: {line.strip()}")
                continue
            patterns = (said.group(1) or said.group(2)).split()
            names = [m for m in MODES if any(fnmatch.fnmatchcase(m, p) for p in patterns)]
            if not names:
                sys.exit(f"{topic}.bats: no mode is {patterns}")
            names = "every" if len(names) == len(MODES) else ", ".join(m for m in names if topic in files[m])
            if names:
                yield names, topic, test, said.group(3)


def topics_of(files):
    return sorted(set().union(*files.values()))


def table(root):
    files = read_cmake(root)
    unknown = set(files) - set(MODES)
    if unknown:
        sys.exit(f"modes without a word about them: {unknown}")
    lines = [HEAD.rstrip("\n")]
    lines += [f"| `{m}` | {MODES[m]} |" for m in files]
    lines += ["", "## What runs in which", "", "| file | " + " | ".join(files) + " |", "|---" * (1 + len(files)) + "|"]
    for topic in topics_of(files):
        lines.append(f"| {topic} | " + " | ".join("x" if topic in files[m] else "" for m in files) + " |")
    lines += [""] + [f"- `{m}`: {LEFT_OUT[m]}." for m in files if m in LEFT_OUT]
    lines += ["", "## What does not hold in a mode", "", "| not in | file | test | because |", "|---|---|---|---|"]
    for names, topic, test, reason in exceptions(root, files):
        lines.append(f"| {names} | {topic} | {test} | {reason} |".replace("\\", ""))
    return "\n".join(lines) + "\n"


def main():
    root = pathlib.Path(sys.argv[-1])
    text = table(root)
    if sys.argv[1] != "--check":
        sys.stdout.write(text)
        return 0
    there = (root / "docs/modes.md").read_text()
    sys.stdout.writelines(difflib.unified_diff(there.splitlines(True), text.splitlines(True), "docs/modes.md", "the tests"))
    return there != text


sys.exit(main())
