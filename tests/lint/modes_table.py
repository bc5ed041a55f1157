#!/usr/bin/env python3
"""Makes the list of the tests that do not hold in every mode.

usage: modes_table.py ROOT            prints docs/modes.md
       modes_table.py --check ROOT    compares it

The files that run in every mode stand in tests/cli/CMakeLists.txt (in_modes; in_chroot: in that one only), the modes in
the loop below. A test that cannot hold in some says so by: not_in_mode MODES "REASON"
"""
import difflib
import fnmatch
import pathlib
import re
import sys

HEAD = """# The modes that the end-to-end tests run in

Made by `tests/lint/modes_table.py . > docs/modes.md`; a test compares it.

Every file of tests/cli runs as root. Those that have to do with how steps are run, or how trees are kept (they run steps, make
snapshots, copies or exports, use caches), run once more in each of these modes, a line of `ctest` each (`cli-MODE-FILE`;
`ctest -L mode-MODE` runs one mode). Files about the language, options, messages, registries and fetching run as root only.
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
    "old-kernel": "root; ENOSYS for openat2, and overlay refuses layers one by one or by descriptor (before Linux 6.5)",
}


def read_cmake(root):
    text = (root / "tests/cli/CMakeLists.txt").read_text()
    topics = re.search(r"set\(in_modes ([^)]*)\)", text).group(1).split()
    in_chroot = re.search(r"set\(in_chroot ([^)]*)\)", text).group(1).split()
    modes = re.search(r"foreach\(mode ([^)]*)\)", text).group(1).split()
    return topics, in_chroot, modes


def exceptions(root, topics, modes):
    """(modes, topic, test, reason)"""
    for topic in topics:
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
            yield ("every" if len(names) == len(MODES) else ", ".join(names)), topic, test, said.group(3)


def table(root):
    topics, in_chroot, modes = read_cmake(root)
    unknown = set(modes) - set(MODES)
    if unknown:
        sys.exit(f"modes without a word about them: {unknown}")
    lines = [HEAD.rstrip("\n")]
    lines += [f"| `{m}` | {MODES[m]} |" for m in modes]
    lines += ["", "Files: " + ", ".join(topics) + "; in `chroot` also " + ", ".join(in_chroot) + ".", "", "## What does not hold in a mode", ""]
    lines += ["| not in | file | test | because |", "|---|---|---|---|"]
    for names, topic, test, reason in exceptions(root, topics + in_chroot, modes):
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
