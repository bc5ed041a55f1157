FROM alpine
RUN -- echo "the command starts behind two dashes"
RUN ls --color=never --all
COPY -- --strange-name /x/
CMD echo --help