// Generated from gen/tests/common/examples.rs:37; edit that file, not this one.
`default_nettype none

module register_file (
    input  wire        clk,
    input  wire        write,          // examples.rs:39
    input  wire [4:0]  write_address,  // examples.rs:40
    input  wire [31:0] write_data,     // examples.rs:41
    input  wire [4:0]  rs1_address,    // examples.rs:43
    output wire [31:0] rs1_data,       // examples.rs:44
    input  wire [4:0]  rs2_address,    // examples.rs:43
    output wire [31:0] rs2_data        // examples.rs:44
);

    (* ram_style = "distributed" *)
    reg [31:0] x [0:31];  // x[0] is never read (examples.rs:38)

    assign rs1_data = (rs1_address == 5'd0) ? 32'd0 : x[rs1_address];  // examples.rs:44
    assign rs2_data = (rs2_address == 5'd0) ? 32'd0 : x[rs2_address];  // examples.rs:44

    always @(posedge clk) begin  // examples.rs:46
        if (write) x[write_address] <= write_data;
    end
endmodule

`default_nettype wire
