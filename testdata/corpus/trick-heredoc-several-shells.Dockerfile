# syntax=docker/dockerfile:1.4
FROM python:3.12-slim AS gen
WORKDIR /gen
RUN <<EOT python3
import json, pathlib
pathlib.Path("matrix.json").write_text(json.dumps({"a": [1, 2, 3]}))
EOT
RUN <<'PERL' perl
print "no $expansion here\n";
PERL
RUN <<-EOT
	#!/usr/bin/env python3
	print("a script of its own")
	EOT
RUN cat <<ONE <<TWO >both.txt
first
ONE
second
TWO
FROM scratch
COPY --from=gen /gen/ /
