ARG A B=2 C="three words" D='$B' E=${B}${C}
ARG F=${E:-none} G
FROM alpine:${B}
ARG A B C D
ARG E F=local G=${F}x H="${C}" I=$H
RUN env
LABEL a="$A" b=$B c="$C" f=$F g="${G}" i="${I}"
