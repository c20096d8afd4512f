// Generated from gen/tests/common/examples.rs:88; edit that file, not this one.
`default_nettype none

module byte_ram (
    input  wire        clk,
    input  wire [9:0]  address,  // examples.rs:90
    input  wire        write,    // examples.rs:91
    input  wire [3:0]  strobe,   // examples.rs:92
    input  wire [31:0] wdata,    // examples.rs:93
    output wire [31:0] data      // examples.rs:98
);

    (* ram_style = "block" *)
    reg [31:0] ram [0:1023];  // examples.rs:89
    initial $readmemh("ram.hex", ram);

    reg [31:0] rdata;  // examples.rs:94

    always @(posedge clk) begin  // examples.rs:94
        if (!write) rdata <= ram[address];
    end

    always @(posedge clk) begin  // examples.rs:95
        if (write && strobe[0]) ram[address][7:0] <= wdata[7:0];
        if (write && strobe[1]) ram[address][15:8] <= wdata[15:8];
        if (write && strobe[2]) ram[address][23:16] <= wdata[23:16];
        if (write && strobe[3]) ram[address][31:24] <= wdata[31:24];
    end

    assign data = rdata;  // examples.rs:98
endmodule

`default_nettype wire
