FROM alpine:3.17 AS gnucobol
RUN apk add --no-cache gmp-dev db-dev ncurses-dev build-base && \
    wget -qO- https://ftp.gnu.org/gnu/gnucobol/gnucobol-3.1.2.tar.gz | tar xz && \
    cd gnucobol-3.1.2 && ./configure --prefix=/opt/cob && make && make install
ENV PATH=$PATH:/opt/cob/bin COB_LIBRARY_PATH=/jobs
COPY copybooks /jobs/copybooks
COPY ["PAYROLL.cbl", "/jobs/"]
RUN cobc -x -std=ibm -I /jobs/copybooks -o /jobs/PAYROLL /jobs/PAYROLL.cbl
ENTRYPOINT ["/jobs/PAYROLL"]
