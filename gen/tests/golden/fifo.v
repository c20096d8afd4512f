// First in, first out; `in_ready` does not depend on `out_ready`.
//
// Generated from gen/tests/common/examples.rs:54; edit that file, not this one.
`default_nettype none

module fifo (
    (* X_INTERFACE_INFO = "xilinx.com:signal:clock:1.0 clk CLK" *)
    (* X_INTERFACE_PARAMETER = "ASSOCIATED_RESET rst" *)
    input  wire       clk,
    input  wire       rst,
    input  wire       in_valid,   // examples.rs:60
    input  wire [7:0] in_data,    // examples.rs:61
    input  wire       out_ready,  // examples.rs:62
    output wire       in_ready,   // examples.rs:69
    output wire       out_valid,  // examples.rs:70
    (* mark_debug = "true" *)
    output wire [7:0] out_data  // examples.rs:71
);

    (* ram_style = "distributed" *)
    reg [7:0] words [0:3];  // examples.rs:63

    reg [1:0] head;   // next to leave (examples.rs:64)
    reg [1:0] tail;   // next free (examples.rs:65)
    reg [2:0] level;  // examples.rs:66

    // ---- Handshake ----
    assign in_ready = level != 3'd4;    // examples.rs:69
    assign out_valid = level != 3'd0;   // examples.rs:70
    assign out_data = words[head];      // examples.rs:71
    wire push = in_valid && in_ready;   // examples.rs:72
    wire pop = out_valid && out_ready;  // examples.rs:73

    // ---- State ----
    always @(posedge clk) begin  // examples.rs:76
        if (push) begin
            words[tail] <= in_data;
            tail <= tail + 2'd1;
        end
        if (pop) head <= head + 2'd1;
        if (push && !pop) begin
            level <= level + 3'd1;
        end else if (pop && !push) begin
            level <= level - 3'd1;
        end
        if (rst) begin
            tail <= 2'd0;
            head <= 2'd0;
            level <= 3'd0;
        end
    end

    // ---- Properties ----
`ifdef CHECKS
`ifdef FORMAL
    always @(posedge clk) begin
        if (!rst) begin
            never_overflows: assert (level <= 3'd4);
        end
    end
`else
    always @(posedge clk) begin
        if (!rst) begin
            if (!(level <= 3'd4)) begin
                $display("%m: never_overflows does not hold (gen/tests/common/examples.rs:85)");
                $stop;
            end
        end
    end
`endif
`endif
endmodule

`default_nettype wire
