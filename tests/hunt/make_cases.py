#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds made up at random over the whole language, in the format of the recorded cases.

  make_cases.py DIR SEED COUNT

Each case is DIR/SEED-N/{case.json, context.tar.gz}. The same seed gives the same cases. Most of them
must build: what is likely to be refused is rare, since nothing behind it is compared.
"""
import io
import json
import os
import random
import sys
import tarfile

BUSYBOX = "@REGISTRY@/busybox"
NAMES = ["a", "b", "c.txt", "d.log", "e.md", "src", "lib", "docs", ".hidden", ".git", "Makefile", "node_modules",
         "two words", "ünï", "x[1]", "-dash", "q?", "st*r", "do$lar", "#hash", "!bang", "back\\slash", "UP", "z"]
PLAIN = [n for n in NAMES if all(c.isalnum() or c in "._" for c in n)]
VARIABLES = ["A", "B", "FOO", "BAR", "DIR", "lower", "X1", "_U"]
MODES = [0o644] * 6 + [0o600, 0o755, 0o444, 0o4755, 0o2755, 0o000, 0o777]
DIR_MODES = [0o755] * 6 + [0o700, 0o1777, 0o2755, 0o555, 0o711]


class Tree:
    """A context: path -> (type, mode, owner, time, content or target)."""

    def __init__(self, r):
        self.r = r
        self.dirs = [""]
        self.files = []
        self.entries = {}
        for _ in range(r.randint(4, 26)):
            self.add()

    def owner(self):
        return (self.r.choice([0, 0, 0, 1000, 65534]), self.r.choice([0, 0, 0, 1000, 5]))

    def time(self):
        return self.r.choice([0, 1, 1000000000, 1234567890, 1700000000, 86400])

    def add(self):
        r = self.r
        parent = r.choice(self.dirs)
        name = r.choice(NAMES if r.random() < 0.2 else PLAIN)
        path = f"{parent}/{name}" if parent else name
        if path in self.entries or path in ("Dockerfile", ".dockerignore"):
            return
        kind = r.choices(["dir", "file", "link", "hard", "fifo"], [5, 10, 3, 1, 0.2])[0]
        if kind == "hard" and not self.files:
            kind = "file"
        entry = {"kind": kind, "owner": self.owner(), "time": self.time(), "mode": r.choice(MODES)}
        if kind == "dir":
            entry["mode"] = r.choice(DIR_MODES)
            self.dirs.append(path)
        elif kind == "file":
            entry["data"] = r.choice(["", "x\n", f"{path}\n", "line\r\n", "0123456789" * r.randint(1, 900)]).encode()
            self.files.append(path)
        elif kind == "link":
            entry["target"] = self.link_target(path)
        elif kind == "hard":
            entry["target"] = r.choice(self.files)
        self.entries[path] = entry

    def link_target(self, path):
        r = self.r
        some = r.choice(list(self.entries) or ["nowhere"])
        near = os.path.relpath("/" + some, "/" + os.path.dirname(path))
        return r.choices([some, near, "/" + some, "../" * 3 + "etc/passwd", "nowhere", ".", os.path.basename(path), "/"],
                         [2, 6, 2, 1, 1, 1, 0.2, 0.5])[0]

    def paths(self):
        return list(self.entries)

    def tar(self, extra):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w:gz", format=tarfile.PAX_FORMAT) as t:
            root = tarfile.TarInfo("./")
            root.type, root.mode, root.mtime = tarfile.DIRTYPE, 0o755, 1700000123
            t.addfile(root)
            for path, e in self.entries.items():
                m = tarfile.TarInfo("./" + path)
                m.mode, m.mtime, (m.uid, m.gid) = e["mode"], e["time"], e["owner"]
                data = None
                if e["kind"] == "dir":
                    m.type = tarfile.DIRTYPE
                elif e["kind"] == "link":
                    m.type, m.linkname = tarfile.SYMTYPE, e["target"]
                elif e["kind"] == "hard":
                    m.type, m.linkname = tarfile.LNKTYPE, "./" + e["target"]
                elif e["kind"] == "fifo":
                    m.type = tarfile.FIFOTYPE
                else:
                    data = e["data"]
                    m.size = len(data)
                t.addfile(m, io.BytesIO(data) if data is not None else None)
            for path, text in extra.items():
                m = tarfile.TarInfo("./" + path)
                data = text.encode("utf-8", "surrogateescape")
                m.mode, m.mtime, m.size = 0o644, 1700000000, len(data)
                t.addfile(m, io.BytesIO(data))
        return out.getvalue()


class Words:
    """Words of the language: quotes, escapes and every form of ${}."""

    def __init__(self, r, escape):
        self.r = r
        self.escape = escape

    def variable(self):
        return self.r.choice(VARIABLES)

    def literal(self):
        return self.r.choice(["v", "1", "abc", "a/b/c.tar.gz", "x.y.z", "ü", "a:b", "a=b", "10%", "~", "-", "--", "a,b", "A*B"])

    def brace(self, depth):
        r, n = self.r, self.variable()
        word = self.word(depth + 1) if depth < 2 else self.literal()
        pattern = r.choice(["*", "?", "a*", "*/", "*.", ".*", "b", r"\*", "[a]", "a?", "*a*", "", "*:"])
        return r.choice([
            f"${{{n}}}", f"${{{n}:-{word}}}", f"${{{n}-{word}}}", f"${{{n}:+{word}}}", f"${{{n}+{word}}}",
            f"${{{n}#{pattern}}}", f"${{{n}##{pattern}}}", f"${{{n}%{pattern}}}", f"${{{n}%%{pattern}}}",
            f"${{{n}/{pattern or 'a'}/{self.literal().replace('/', '-')}}}", f"${{{n}//{pattern or 'a'}/{self.literal().replace('/', '-')}}}",
        ])

    def piece(self, depth):
        r, e = self.r, self.escape
        kind = r.choices(["literal", "name", "brace", "double", "single", "escape", "lone"], [8, 4, 6, 2, 1.5, 1.5, 0.4])[0]
        if kind == "literal":
            return self.literal()
        if kind == "name":
            return "$" + self.variable() + r.choice(["", "/", ".", "-"])
        if kind == "brace":
            return self.brace(depth)
        if kind == "double" and depth == 0:
            return '"' + r.choice(["two words", "", "$", e + '"', e + "$A", e + "n", "it's"]) + self.brace(1).replace('"', "") + '"'
        if kind == "single" and depth == 0:
            return "'" + r.choice(["two words", "$A", "${B:-x}", e, "", '"']) + "'"
        if kind == "escape":
            return e + r.choice(["$", "n", "t", '"', "'", e, " " if depth == 0 else "x", "ü"])
        return r.choice(["$", "$$", "$1", "$.", "$/"]) if kind == "lone" else self.literal()

    def word(self, depth=0):
        return "".join(self.piece(depth) for _ in range(self.r.choice([1, 1, 2, 3])))


class Case:
    def __init__(self, seed):
        self.r = r = random.Random(seed)
        self.tree = Tree(r)
        self.escape = "`" if r.random() < 0.08 else "\\"
        self.words = Words(r, self.escape)
        self.ignored = r.random() < 0.4
        self.lines = []
        self.stages = []
        self.serial = 0
        self.build_args = {}
        self.case = {"base": "scratch", "dockerfile": "Dockerfile", "build_args": self.build_args}
        self.dockerfile()

    # --- instructions -------------------------------------------------------------------------

    def next_path(self):
        self.serial += 1
        return f"/out/{self.serial}"

    def flagged(self, text):
        """The case of letters, blanks and continuations are the author's."""
        r = self.r
        head, _, rest = text.partition(" ")
        head = r.choice([head] * 6 + [head.lower(), head.capitalize()])
        if rest and " " in rest and r.random() < 0.15 and "<<" not in rest:
            a, _, b = rest.partition(" ")
            rest = a + " " + self.escape + r.choice(["", "  "]) + r.choice(["\n", "\n# between\n", "\n  # indented\n", "\n\n"]) + "  " + b
        return r.choice(["", "", "", "  "]) + head + r.choice([" "] * 6 + ["  ", "\t"]) + rest

    def env(self):
        r, w = self.r, self.words
        if r.random() < 0.2:
            self.say(f"ENV {w.variable()} {w.word()}{r.choice(['', ' and more', '  two'])}")
        else:
            self.say("ENV " + " ".join(f"{w.variable()}={w.word()}" for _ in range(r.choice([1, 1, 2, 3]))))

    def arg(self):
        r, w = self.r, self.words
        names = [r.choice([w.variable(), f"{w.variable()}={w.word()}"]) for _ in range(r.choice([1, 1, 2]))]
        if r.random() < 0.1:
            names.append(r.choice(["TARGETOS", "TARGETARCH", "BUILDPLATFORM", "TARGETSTAGE", "HTTP_PROXY"]))
        self.say("ARG " + " ".join(names))

    def label(self):
        w = self.words
        self.say("LABEL " + " ".join(f"{self.r.choice(['k1', 'com.example.k', '$A.k', 'k-2'])}={w.word()}" for _ in range(self.r.choice([1, 2]))))

    def config(self):
        r, w = self.r, self.words
        self.say(r.choice([
            lambda: "WORKDIR " + r.choice(['/w', 'rel', '$DIR', '/w/${A:-d}', '.', '/a b', '/w/']),
            lambda: "USER " + r.choice(['root', '0', '0:0', '1000', '1000:1000', 'root:root', 'daemon', '${U:-0}']),
            lambda: "EXPOSE " + r.choice(['80', '80/tcp', '53/udp 54', '8000-8003', '${P:-81}', '80/TCP', '90 90/tcp']),
            lambda: "VOLUME " + r.choice(['/data', '/d1 /d2', '[\"/j s\", \"/k\"]', '/$A', '/v/']),
            lambda: "STOPSIGNAL " + r.choice(['SIGTERM', '9', 'SIGRTMIN+1', '${S:-INT}', 'kill']),
            lambda: "CMD " + r.choice(['echo $A', '[\"a\", \"b $A\"]', '[]', '[ \"x\" ] ', '[\"a\\\\tb\"]', 'a  b', '[broken']),
            lambda: "ENTRYPOINT " + r.choice(['run me', '[\"/e\", \"-x\"]', '[]']),
            lambda: "SHELL " + r.choice(['[\"/bin/sh\", \"-c\"]', '[\"/bin/sh\", \"-ec\"]']),
            lambda: "ONBUILD " + r.choice(['RUN true', 'ENV OB=1', 'COPY . /ob', 'LABEL a=$A', 'ARG Q=1']),
            lambda: "MAINTAINER " + r.choice(['me', 'A B <a@b>', w.word()]),
        ])())

    def source(self):
        r = self.r
        paths = self.tree.paths()
        some = r.choice(paths) if paths else "a"
        safe = [p for p in self.tree.files + self.tree.dirs if p and not self.ignored and not set(p) & set("[]?*$!\\")]
        kind = r.choices(["safe", "path", "wild", "dot", "deep", "var", "odd"], [6, 0.7, 4, 2, 0.3, 0.6, 0.15])[0]
        if kind == "safe":
            return r.choice(safe) if safe else "."
        if kind == "path":
            return r.choice([some, "/" + some, "./" + some, some + "/" if some in self.tree.dirs else some])
        if kind == "wild":
            parent = os.path.dirname(some)
            return os.path.join(r.choice(["", "", parent]), r.choice(["*", "*", "*", "?*", "*.*", "[a-z]*", "[!a]*", "*[a-z]", "s*"]))
        if kind == "dot":
            return r.choice([".", "./", "/", "*"])
        if kind == "deep":
            return r.choice(["*/*", "src/../" + some, "lib/./", "./."])
        return "${A:-.}" if kind == "var" else r.choice(["../" + some, "nowhere*", "./nowhere"])

    def copy_flags(self, is_add):
        r = self.r
        flags = []
        if r.random() < 0.25:
            flags.append("--chown=" + r.choice(["1000:1000", "0:5", "55", "7:8", "${U:-7}:8"] + (["root:root", "daemon"] if r.random() < 0.2 else [])))
        if r.random() < 0.2:
            flags.append("--chmod=" + r.choice(["755", "0644", "4755", "u=rwX,go=rX", "a+r", "go-w", "${M:-700}", "u+s", "+x"]))
        if r.random() < 0.12:
            flags.append("--link" + r.choice(["", "=true", "=false"]))
        if r.random() < 0.12:
            flags.append("--exclude=" + r.choice(["*.log", "**/a", "src", "*/*.txt", "!a", ".*"]))
        if is_add and r.random() < 0.1:
            flags.append("--unpack=" + r.choice(["true", "false"]))
        r.shuffle(flags)
        return flags

    def copy(self, from_stage=None):
        r = self.r
        is_add = from_stage is None and r.random() < 0.25
        flags = self.copy_flags(is_add)
        sources = [self.source() for _ in range(r.choice([1, 1, 1, 2, 3]))]
        if from_stage is not None:
            flags.append(f"--from={from_stage}")
            sources = [r.choice(["/out*", "/out/*", "/w*", "/etc*", "/", "/dst*", "/dst/*", "b?n/*sh", "[a-z]*", "/out"])]
        dest = r.choices(["/dst", "/dst/", "rel", "rel/", ".", "./", "/", "/deep/er/", "/$DIR/x/", "/dst/file", "/tmp", "/link/"],
                         [3, 6, 0.7, 3, 2, 3, 2, 2, 2, 0.3, 2, 2])[0]
        if len(sources) > 1 and not dest.endswith("/") and r.random() < 0.9:
            dest += "/"
        verb = "ADD" if is_add else "COPY"
        if any(c in s for s in sources + [dest] for c in ' \t"') or r.random() < 0.12:
            self.say(" ".join([verb] + flags + [json.dumps(sources + [dest], ensure_ascii=r.random() < 0.5)]))
        else:
            self.say(" ".join([verb] + flags + sources + [dest]))

    def heredoc(self):
        r, w = self.r, self.words
        name = r.choice(["EOF", '"EOF"', "'EOT'", "E.1", "'E O'"] if r.random() < 0.1 else ["EOF", '"EOF"', "'EOT'", "E.1"])
        dash = r.choice(["", "-"])
        plain = name.strip("\"'")
        body = "".join(r.choice(["", "\t", "\t\t", "  "]) + r.choice(["text", "$A", "${B:-x}", "\\$A", "a \\n b", "# no comment", w.literal(), '"q" \'s\'', ""]) + "\n"
                       for _ in range(r.randint(0, 4)))
        flags = " ".join(f for f in self.copy_flags(False) if "exclude" not in f)
        dest = r.choice(["/here", "/here/", "rel/", "/deep/h"])
        self.lines.append(f"COPY {flags} <<{dash}{name} {dest}\n{body}{plain}")

    def run(self):
        r, out = self.r, self.next_path()
        mkdir = "mkdir -p /out && "
        kind = r.choices(["env", "echo", "tree", "change", "heredoc", "exec", "mount", "fail"], [3, 4, 2, 4, 2, 1, 2, 0.05])[0]
        if kind == "env":
            self.say(f"RUN {mkdir}env | grep -v -e ^HOSTNAME -e ^SHLVL -e ^OLDPWD | sort > {out}")
        elif kind == "echo":
            self.say(f"RUN {mkdir}echo \"$A|${{B:-none}}|$(pwd)|$(id -u):$(id -g)|$(umask)\" > {out}")
        elif kind == "tree":
            self.say(f"RUN {mkdir}find {r.choice(['/dst', '/w', '/tmp', '/deep'])} -print 2>/dev/null | sort > {out} || true")
        elif kind == "change":
            self.say("RUN " + r.choice([
                "mkdir -p /out && rm -rf /dst", "mkdir -p /dst && touch -d @1000000000 /dst/new && chmod 700 /dst", "ln -sfn /tmp /link",
                "mkdir -p /dst/a/b && rm -rf /dst/a && mkdir -p /dst/a", "rm -f /etc/passwd", "mv /dst /moved 2>/dev/null || true",
                "mkdir -p /w && echo x > /w/f && ln /w/f /w/g", "mkfifo /fifo 2>/dev/null || true", "chown 5:6 /etc 2>/dev/null || true",
                "echo more >> /etc/group", "mkdir -p /dst && mkdir -p /dst/sub && chmod 1777 /dst/sub", "ln -sfn loop /loop",
                "true", ": > /out.txt", "rm -rf /tmp && mkdir /tmp",
            ]))
        elif kind == "heredoc":
            self.lines.append("RUN " + r.choice([
                f"<<EOF\nmkdir -p /out\necho $A '\\n' > {out}\nEOF", f"<<-'EOF'\n\tmkdir -p /out\n\techo \"$B\" > {out}\n\tEOF",
                f"mkdir -p /out && cat <<EOF > {out}\none $A\n\\$B\nEOF", f"<<EOF sh\nmkdir -p /out; echo sh > {out}\nEOF",
                f"<<EOF\n#!/bin/sh\nmkdir -p /out; echo \"$0\" | wc -c > {out}\nEOF",
                "cat <<A - <<B > /both\na\nA\nb\nB",
            ]))
        elif kind == "exec":
            self.say("RUN " + json.dumps(["/bin/sh", "-c", f"mkdir -p /out; echo \"$A\" > {out}"]))
        elif kind == "mount":
            mount = r.choice(["type=tmpfs,target=/mnt", "type=cache,target=/mnt", "target=/mnt", "type=bind,source=.,target=/mnt,rw",
                              "type=cache,id=c1,target=/mnt,mode=0700,uid=5", "type=tmpfs,target=mnt"])
            self.say(f"RUN --mount={mount} {mkdir}stat -c '%a %u %F' /mnt > {out}")
        else:
            self.say(f"RUN exit {r.choice([1, 3, 42])}")

    def say(self, text):
        self.lines.append(self.flagged(text))

    # --- the file -----------------------------------------------------------------------------

    def stage(self, i, last):
        r = self.r
        bases = [("scratch", 3), (BUSYBOX, 7)] + [(s, 2) for s, _ in self.stages]
        base = r.choices([b for b, _ in bases], [w for _, w in bases])[0]
        has_shell = base == BUSYBOX or dict(self.stages).get(base, False)
        name = r.choice(["build", "Stage", "s.1", "x_y"]) + str(i)
        if r.random() < 0.1 and base == BUSYBOX:
            base = "${BASE:-" + BUSYBOX + "}"
        self.lines.append(f"{r.choice(['FROM', 'FROM', 'from'])} {base}{r.choice([' AS ', ' as '])}{name}")
        for _ in range(r.randint(2, 9 if last else 6)):
            kind = r.choices(["env", "arg", "label", "config", "copy", "from", "heredoc", "run", "comment"], [4, 2, 1.5, 3, 6, 2, 1.5, 5, 1])[0]
            if kind == "from":
                if self.stages:
                    which = r.randrange(len(self.stages))
                    self.copy(r.choice([self.stages[which][0], self.stages[which][0].upper(), str(which)]))
            elif kind == "run":
                if has_shell:
                    self.run()
            elif kind == "comment":
                self.lines.append(r.choice(["# a comment", "   # indented \\", "", "#"]))
            else:
                getattr(self, kind)()
        self.stages.append((name.lower(), has_shell))

    def ignore(self):
        r = self.r
        paths = self.tree.paths() or ["a"]
        lines = []
        for _ in range(r.randint(1, 8)):
            path = r.choice(paths)
            line = r.choice([path, "/" + path, path + "/", os.path.join(os.path.dirname(path), "*"), "**/" + os.path.basename(path), "**",
                             "*", "*/*", "*.log", "**/*.txt", "src/**", "**/src", "[a-c]*", "x[[]1]", "d?cs", "./" + path, "../x", "# note", "", " " + path + "  "])
            lines.append(("!" if r.random() < 0.3 and line.strip() and not line.startswith("#") else "") + line)
        return r.choice(["\n", "\n", "\r\n"]).join(lines) + "\n"

    def dockerfile(self):
        r, w = self.r, self.words
        if self.escape == "`":
            self.lines.append("# escape=`")
        for _ in range(r.choice([0, 0, 1, 2])):
            self.lines.append(f"ARG {w.variable()}={w.word()}" if r.random() < 0.8 else f"ARG {w.variable()}")
        n = r.choice([1, 1, 2, 3, 4])
        for i in range(n):
            self.stage(i, i == n - 1)
        for name in r.sample(VARIABLES, r.choice([0, 0, 1, 2])):
            self.build_args[name] = r.choice(["given", "", "a b", "x/y", "$A"])
        if r.random() < 0.15:
            self.case["target"] = r.choice(self.stages)[0]
        if r.random() < 0.1:
            self.case["labels"] = {"outer": "1", "k1": "from outside"}

    def write(self, folder):
        os.makedirs(folder)
        end = self.r.choice(["\n"] * 9 + ["\r\n"])
        extra = {"Dockerfile": end.join("\n".join(self.lines).split("\n")) + self.r.choice([end, ""])}
        if self.ignored:
            extra[self.r.choice([".dockerignore", ".dockerignore", "Dockerfile.dockerignore"])] = self.ignore()
        with open(os.path.join(folder, "context.tar.gz"), "wb") as f:
            f.write(self.tree.tar(extra))
        self.case["name"] = os.path.basename(folder)
        with open(os.path.join(folder, "case.json"), "w") as f:
            json.dump(self.case, f, indent=1, sort_keys=True)


def main():
    folder, seed, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    for i in range(count):
        Case(f"{seed}-{i}").write(os.path.join(folder, f"{seed}-{i:04}"))


if __name__ == "__main__":
    main()
