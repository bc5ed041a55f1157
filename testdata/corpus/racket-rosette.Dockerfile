FROM racket/racket:8.11-full
RUN raco setup --doc-index --force-user-docs 2>/dev/null; raco pkg install --batch --auto rosette gregor
COPY verify.rkt /w/
RUN raco make /w/verify.rkt && raco exe -o /usr/local/bin/verify /w/verify.rkt
ENTRYPOINT [ "verify" ]
