// Weight-stationary multiply-accumulate cell.
//
// Generated from gen/tests/common/examples.rs:12; edit that file, not this one.
`default_nettype none

module pe (
    input  wire               clk,
    input  wire               rst,
    input  wire               enable,   // examples.rs:14
    input  wire               load,     // takes the weight (examples.rs:15)
    input  wire signed [7:0]  a_in,     // examples.rs:16
    input  wire signed [7:0]  b_in,     // examples.rs:17
    input  wire signed [31:0] psum_in,  // examples.rs:18
    output reg  signed [7:0]  a_out,    // examples.rs:19
    output reg  signed [31:0] psum_out  // examples.rs:20
);

    reg signed [7:0] weight;                     // examples.rs:21
    wire signed [15:0] product = a_in * weight;  // examples.rs:22

    always @(posedge clk) begin  // examples.rs:23
        if (load) weight <= b_in;
        if (enable) begin
            a_out <= a_in;
            psum_out <= psum_in + $signed({{16{product[15]}}, product});
        end
        if (rst) weight <= 8'sd0;
    end

    // ---- Properties ----
`ifdef CHECKS
`ifdef FORMAL
    always @(posedge clk) begin
        if (!rst) begin
            load_while_busy: assert (!(enable && load));
            reload: cover (load && weight != 8'sd0);
        end
    end
`else
    always @(posedge clk) begin
        if (!rst) begin
            if (enable && load) begin
                $display("%m: load_while_busy does not hold (gen/tests/common/examples.rs:30)");
                $stop;
            end
        end
    end
`ifdef VERILATOR
    reload: cover property (@(posedge clk) !rst && load && weight != 8'sd0);
`endif
`endif
`endif
endmodule

`default_nettype wire
