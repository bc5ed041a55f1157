# The stages as a picture, judged by an XML parser and by graphviz.

load helper

setup() { fresh; }

graph() { "$CBUILD" graph "$@" .; }

some_stages() {
  dockerfile <<'D'
ARG BASE=alpine
FROM scratch AS tools
FROM $BASE AS base
FROM base AS build
RUN --mount=type=bind,from=tools,target=/t true
COPY ["<a&b>", "c\"d", "/"]
FROM scratch
COPY --from=build /out /
D
}

@test "the SVG is a document that an XML parser reads, with a box for each stage" {
  some_stages
  graph --format=svg >"$OUT/g.svg"
  python3 - "$OUT/g.svg" <<'P'
import sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
ns = "{http://www.w3.org/2000/svg}"
names = [t.text for t in root.iter(ns + "text") if t.get("class") == "name"]
assert {"tools", "base", "build", "stage-3", "alpine", "build context"} == set(names), names
assert any(t.text == '<a&b>, c"d' for t in root.iter(ns + "text")), "label"
rows = {}
for box in [r for r in root.iter(ns + "rect") if r.get("x")]:
    rows.setdefault(box.get("y"), []).append((int(box.get("x")), int(box.get("width"))))
for row in rows.values():
    row.sort()
    assert all(a[0] + a[1] < b[0] for a, b in zip(row, row[1:])), row
assert not [e for e in root.iter() if e.tag.endswith("script") or "href" in " ".join(e.attrib)]
P
}

@test "graphviz reads the DOT" {
  some_stages
  graph | dot -Tplain >"$OUT/plain"
  [[ $(grep -c '^node' "$OUT/plain") -eq 6 ]]
  [[ $(grep -c '^edge' "$OUT/plain") -eq 5 ]]
}

@test "Mermaid, the target, and the arguments" {
  some_stages
  run graph --format=mermaid --target base --build-arg BASE=debian:12
  assert_status 0
  assert_contains "$output" "flowchart TB"
  assert_contains "$output" 'n1["base<br/>FROM debian:12"]:::target'
  assert_contains "$output" ':::unneeded'
}

@test "errors are those of a build, with their lines" {
  printf 'FROM a\nCOPY --from=3 a b\n' | dockerfile
  run graph
  assert_status 125
  assert_contains "$output" "Dockerfile:2:13"
  run graph --format=png
  assert_status 2
}
