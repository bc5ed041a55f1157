FROM alpine
RUN echo "a byte order mark stands before FROM"
