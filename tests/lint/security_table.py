#!/usr/bin/env python3
"""Makes docs/security.md from what is promised, the attacks on it, and the tests that carry their ids.

usage: security_table.py ROOT            prints docs/security.md
       security_table.py --check ROOT    compares it, and refuses ids without a test or a reason

The ids are testdata/security/ids.tsv, the promises testdata/security/boundary.tsv. A test carries the
ids that stand in its name (bats), or in the comment that the line above its function is (C, Python).
"""
import collections
import difflib
import pathlib
import re
import sys

Row = collections.namedtuple("Row", "id priority attack expected note")
ID = re.compile(r"\b[A-Z]-[0-9]{2}\b")
FUNCTION = re.compile(r"static .*?\b(\w+)\(")
HEAD = """# Security: what cbuild promises, and the tests that hold it to that

Made by `tests/lint/security_table.py` of `testdata/security` and of the names of the tests; do not edit.

What comes from outside is taken for hostile, each alone and all together: Dockerfiles, build contexts, archives, git repositories, images and
their documents, what registries and other servers say, and every process of a RUN. Trusted are who starts cbuild, the command line and that
user's configuration files, the kernel, and the libraries that cbuild is linked with.
"""
TABLE_HEAD = """## The tests

A result says "passes" where the tests stand in the suite: `scripts/test` and CI are green with them only. Counts: with `CBUILD_HUNT=1`
(`ctest --preset static -C hunt -L hunt`) a test repeats as often as "hunt" says.
"""


def read_cells(root, name):
    for line in (root / "testdata/security" / name).read_text().splitlines():
        if line and not line.startswith("# "):
            yield line.split("\t")


def read_rows(root):
    """Sections in order, as (title, rows)."""
    sections = []
    for cells in read_cells(root, "ids.tsv"):
        if len(cells) == 2:
            sections.append((cells[1], []))
        else:
            sections[-1][1].append(Row(*(cells + [""])[:5]))
    return sections


def tests_of_bats(root):
    for file in sorted(root.glob("tests/cli/*.bats")):
        for name in re.findall(r'^@test "(.*)" \{$', file.read_text(), re.M):
            for one in ID.findall(name):
                yield one, f"{file.name}: {ID.sub('', name).lstrip(' ,:')}"


def tests_of_units(root):
    for file in sorted(root.glob("tests/unit/**/*.c")):
        lines = file.read_text().splitlines()
        for comment, line in zip(lines, lines[1:]):
            function = FUNCTION.match(line)
            if function and re.match(r"( \*|/\*) .*\*/$", comment):
                for one in ID.findall(comment):
                    yield one, f"{file.parent.name}/{file.name}: {function.group(1)}"


def tests_of_python(root):
    for file in sorted(root.glob("tests/unit/**/test_*.py")):
        for comment, name in re.findall(r"^ *# (.*)\n *def test_(\w+)", file.read_text(), re.M):
            for one in ID.findall(comment):
                yield one, f"{file.parent.name}/{file.name}: {name}"


def collect(root):
    tests = collections.defaultdict(list)
    for source in (tests_of_bats, tests_of_units, tests_of_python):
        for one, name in source(root):
            tests[one].append(name)
    return tests


def result_of(row, tests):
    return "; ".join((["passes"] if tests else []) + ([f"not run: {row.note}"] if row.note else []))


def escape(text):
    return text.replace("|", "\\|").replace("<", "\\<").replace("*", "\\*").replace("_", "\\_")


def make_page(root, sections, tests):
    rows = [row for _, of_section in sections for row in of_section]
    out = [HEAD.rstrip("\n")]
    for cells in read_cells(root, "boundary.tsv"):
        if len(cells) == 1:
            out += ["", f"## {cells[0]}", ""]
        else:
            out.append(f"- {escape(cells[0])}" + (f" ({cells[1]})" if cells[1] != "-" else ""))
    out += ["", TABLE_HEAD,
            f"{len(rows)} ids; {sum(1 for r in rows if tests[r.id])} of them have tests,"
            f" {len({t for r in rows for t in tests[r.id]})} in all.", ""]
    for title, of_section in sections:
        out += [f"### {title}", "", "| Id | | Attack | What must happen | Tests | Result |",
                "|---|---|---|---|---|---|"]
        for row in of_section:
            names = "<br>".join(f"`{name}`" for name in tests[row.id])
            out.append(f"| {row.id} | {row.priority} | {escape(row.attack)} | {escape(row.expected)} |"
                       f" {names} | {escape(result_of(row, tests[row.id]))} |")
        out.append("")
    return "\n".join(out).rstrip("\n") + "\n"


def find_faults(root, sections, tests):
    rows = [row for _, of_section in sections for row in of_section]
    ids = {row.id for row in rows}
    letters = {one[0] for one in ids}
    if len(ids) != len(rows):
        yield "ids.tsv: an id is there twice"
    for row in rows:
        if not tests[row.id] and not row.note:
            yield f"{row.id} has neither a test nor a reason why it is not run: {row.attack}"
    for one in sorted(set(tests) - ids):
        if one[0] in letters:
            yield f"{', '.join(tests[one])}: '{one}' is no id"
    for cells in read_cells(root, "boundary.tsv"):
        shown = ID.findall(cells[1]) if len(cells) > 1 else []
        if len(cells) > 1 and cells[1] != "-" and not shown:
            yield f"boundary.tsv: no test shows that {cells[0]}"
        for one in shown:
            if not tests[one]:
                yield f"boundary.tsv: {one}, which has no test, shows nothing of: {cells[0]}"


def main():
    check = sys.argv[1] == "--check"
    root = pathlib.Path(sys.argv[2 if check else 1])
    sections, tests = read_rows(root), collect(root)
    page = make_page(root, sections, tests)
    if not check:
        sys.stdout.write(page)
        return 0
    faults = list(find_faults(root, sections, tests))
    file = root / "docs/security.md"
    have = file.read_text() if file.exists() else ""
    if have != page:
        faults += difflib.unified_diff(have.splitlines(), page.splitlines(), "docs/security.md",
                                       "what the tests give", lineterm="", n=0)
        faults.append("make it anew: tests/lint/security_table.py . > docs/security.md")
    print("\n".join(faults))
    return 1 if faults else 0


sys.exit(main())
