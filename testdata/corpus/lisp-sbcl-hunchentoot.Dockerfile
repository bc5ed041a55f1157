FROM clfoundation/sbcl:2.2.4
WORKDIR /opt/guestbook
COPY quicklisp.lisp guestbook.asd ./
RUN sbcl --non-interactive --load quicklisp.lisp --eval '(quicklisp-quickstart:install :path "/opt/ql/")'
COPY src/*.lisp src/
RUN sbcl --non-interactive \
  --load /opt/ql/setup.lisp \
  --eval '(push #P"/opt/guestbook/" asdf:*central-registry*)' \
  --eval '(ql:quickload :guestbook)' \
  --eval '(sb-ext:save-lisp-and-die "/usr/local/bin/guestbook" :toplevel #'"'"'guestbook:main :executable t)'
EXPOSE 4242
CMD ["guestbook"]
