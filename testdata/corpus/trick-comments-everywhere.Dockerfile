#no space
	# indented
   # with blanks
FROM alpine
#RUN echo commented out
RUN echo "# not a comment" # nor this \
# but this is, and the line goes on
    && echo more
#
# trailing comment
