FROM hdlc/sim:osvb AS sim
RUN apt-get update && apt-get install -y verilator gtkwave
WORKDIR /rtl
COPY rtl/*.sv rtl/*.v tb/ ./
RUN verilator --cc --exe --build -j 0 -Wall --trace top.sv tb_top.cpp && ./obj_dir/Vtop
FROM hdlc/impl:icestorm
COPY --from=sim /rtl /rtl
RUN cd /rtl && yosys -q -p 'synth_ice40 -top top -json top.json' top.sv && nextpnr-ice40 --up5k --json top.json --asc top.asc && icepack top.asc top.bin
