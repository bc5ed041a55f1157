FROM bash:5.2
RUN f() { echo "in f: $*"; }; f a b; \
    for i in 1 2 3; do \
      case $i in \
        2) continue;; \
        *) f $i;; \
      esac; \
    done; \
    cat <<< "here string"
RUN x=$((1<<4)); echo $x >> /x && test $x -eq 16 || exit "$?"
