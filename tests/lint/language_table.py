#!/usr/bin/env python3
"""Makes the table from the rules of the language to the cases that show them.

usage: language_table.py ROOT            prints docs/language.md
       language_table.py --check ROOT    compares it, and refuses rules without a case

The rules are testdata/language/rules.tsv. A case names the ids it shows: a folder below testdata/
in its file "rules", an object of testdata/expand/cases.json in its member "rules", the rows of
testdata/ignore/match in a line "# rules: ID..." above them, a test in tests/ in such a line inside
of it or right above it.
"""
import collections
import difflib
import json
import pathlib
import re
import sys

Rule = collections.namedtuple("Rule", "id mark text same")
NAMED = re.compile(r"(?:#|/\*|\*)\s*rules: ([^*]*)")


def read_rules(root):
    """Sections in order, as (number, title, rules)."""
    sections = []
    for line in (root / "testdata/language/rules.tsv").read_text().splitlines():
        if not line or line.startswith("# "):
            continue
        cells = line.split("\t")
        if "-" not in cells[0]:
            sections.append((cells[0], cells[1], []))
            continue
        same = cells[3].split() if len(cells) > 3 else []
        sections[-1][2].append(Rule(cells[0], cells[1], cells[2], same))
    return sections


def cases_of_folders(root):
    for file in sorted(root.glob("testdata/*/*/rules")):
        for rule in file.read_text().split():
            yield rule, f"{file.parent.parent.name}/{file.parent.name}"


def cases_of_tables(root):
    for case in json.loads((root / "testdata/expand/cases.json").read_text())["cases"]:
        for rule in case.get("rules", "").split():
            yield rule, "expand/cases.json"
    rules = []
    for line in (root / "testdata/ignore/match").read_text(errors="replace").splitlines():
        if line.startswith("# rules: "):
            rules = line[len("# rules: "):].split()
        elif not line.startswith("# "):
            for rule in rules:
                yield rule, "ignore/match"


def cases_of_tests(root):
    """A comment belongs to the test whose first line comes next, or that it stands in."""
    files = [*root.glob("tests/cli/*.bats"), *root.glob("tests/unit/**/*.c")]
    for file in sorted(files):
        lines = file.read_text(errors="replace").splitlines()
        for number, line in enumerate(lines):
            named = NAMED.search(line)
            if not named:
                continue
            name = str(file.relative_to(root / "tests"))
            above = [*lines[number + 1:number + 2], *reversed(lines[:number])]
            test = next((t for t in above if t.startswith("@test ")), None)
            if test:
                name += ": " + test.split('"')[1]
            for rule in named.group(1).split():
                yield rule, name


def collect(root):
    cases = collections.defaultdict(collections.Counter)
    for source in (cases_of_folders, cases_of_tables, cases_of_tests):
        for rule, case in source(root):
            cases[rule][case] += 1
    return cases


def format_cases(rule, cases):
    found = collections.Counter()
    for one in [rule.id, *rule.same]:
        found.update(cases[one])
    texts = [f"`{name}`" + (f" ({n})" if n > 1 else "") for name, n in sorted(found.items())]
    return ", ".join(texts)


def escape(text):
    return text.replace("|", "\\|").replace("<", "\\<").replace("*", "\\*").replace("_", "\\_")


def make_table(sections, cases):
    rules = [rule for section in sections for rule in section[2]]
    n_cases = len({case for counter in cases.values() for case in counter})
    out = ["# The Dockerfile language, and the cases that show it", "",
           "Made by `tests/lint/language_table.py` of `testdata/language/rules.tsv` and of the cases,"
           " which name the rules; do not edit.",
           "Q: looks accidental, but files rely on it. !: other builders differ. B: cbuild does"
           " better than Docker's builder without breaking files.", "",
           f"{len(rules)} rules, of them {sum(1 for r in rules if r.mark)} marked; "
           f"{n_cases} cases and tables of cases name them.", ""]
    for number, title, of_section in sections:
        out.append(f"{'##' if '.' not in number else '###'} {number} {title}")
        out.append("")
        if of_section:
            out += ["| Rule | | | Cases |", "|---|---|---|---|"]
            out += [f"| {r.id} | {r.mark} | {escape(r.text)} | {format_cases(r, cases)} |"
                    for r in of_section]
            out.append("")
    return "\n".join(out).rstrip("\n") + "\n"


def find_faults(sections, cases):
    rules = [rule for section in sections for rule in section[2]]
    ids = {rule.id for rule in rules}
    if len(ids) != len(rules):
        yield "rules.tsv: an id is there twice"
    for rule in rules:
        for one in rule.same:
            if one not in ids:
                yield f"rules.tsv: {rule.id} repeats {one}, which is no rule"
        if not format_cases(rule, cases):
            yield f"rule {rule.id} has no case: {rule.text}"
    for rule in sorted(set(cases) - ids):
        yield f"{', '.join(cases[rule])}: '{rule}' is no rule"


def main():
    check = sys.argv[1] == "--check"
    root = pathlib.Path(sys.argv[2 if check else 1])
    sections, cases = read_rules(root), collect(root)
    table = make_table(sections, cases)
    if not check:
        sys.stdout.write(table)
        return 0
    faults = list(find_faults(sections, cases))
    have = (root / "docs/language.md").read_text() if (root / "docs/language.md").exists() else ""
    if have != table:
        faults += difflib.unified_diff(have.splitlines(), table.splitlines(), "docs/language.md",
                                       "what the cases give", lineterm="", n=0)
        faults.append("make it anew: tests/lint/language_table.py . > docs/language.md")
    print("\n".join(faults))
    return 1 if faults else 0


sys.exit(main())
