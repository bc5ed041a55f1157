FROM alpine
RUN echo "line ends are CRLF" \
 && echo "and continue"
COPY <<EOF /crlf.txt
kept
EOF
CMD ["sh"]
