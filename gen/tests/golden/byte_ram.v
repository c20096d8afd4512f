// Generated from gen/tests/common/examples.rs:91; edit that file, not this one.
`default_nettype none

module byte_ram (
    input  wire        clk,
    input  wire [9:0]  address,  // examples.rs:93
    input  wire        write,    // examples.rs:94
    input  wire [3:0]  strobe,   // examples.rs:95
    input  wire [31:0] wdata,    // examples.rs:96
    output wire [31:0] data      // examples.rs:101
);

    (* ram_style = "block" *)
    reg [31:0] ram [0:1023];  // examples.rs:92
    initial $readmemh("ram.hex", ram);

    reg [31:0] rdata;  // examples.rs:97

    always @(posedge clk) begin  // examples.rs:97
        if (!write) rdata <= ram[address];
    end

    always @(posedge clk) begin  // examples.rs:98
        if (write && strobe[0]) ram[address][7:0] <= wdata[7:0];
        if (write && strobe[1]) ram[address][15:8] <= wdata[15:8];
        if (write && strobe[2]) ram[address][23:16] <= wdata[23:16];
        if (write && strobe[3]) ram[address][31:24] <= wdata[31:24];
    end

    assign data = rdata;  // examples.rs:101
endmodule

`default_nettype wire
