FROM alpine
ENV GRÜSSE="Grüß Gott" 名前=値
LABEL beschreibung="Ein Abbild für Übungen" emoji=🚀
COPY données/été.txt /données/
RUN echo "$GRÜSSE, ¡hola!, 你好"
WORKDIR /häuser/straße
