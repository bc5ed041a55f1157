FROM pandoc/latex:3.1-ubuntu
RUN tlmgr update --self && tlmgr install \
    adjustbox babel-german background \
    bidi collectbox csquotes everypage \
    filehook footmisc footnotebackref \
    framed fvextra letltxmacro ly1 \
    mdframed mweights needspace pagecolor \
    sourcecodepro sourcesanspro titling \
    ucharcat ulem unicode-math upquote \
    xecjk xurl zref
RUN fc-cache -fv
ENTRYPOINT ["/usr/bin/pandoc"]
