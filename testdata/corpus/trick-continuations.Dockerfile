FROM alpine
RUN echo one \
         two \   
# a comment in between
	# and an indented one

     three && \
    echo 'quotes \
span lines' && \
    printf "%s\\n" done
ENV A=1 \
    # B=2 \
    C=3
RUN \
  true
EXPOSE 80 \
       443
