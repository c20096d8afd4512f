// Verilog of `sequencer`, children before their parents, relative to this file:
//     verilator -F files.f
fifo.v
sequencer.v
