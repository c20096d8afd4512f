// Generated from gen/tests/common/examples.rs:108; edit that file, not this one.
`default_nettype none

module sequencer (
    input  wire        clk,
    input  wire        rst,
    input  wire        start,  // examples.rs:112
    input  wire [11:0] data,   // examples.rs:113
    output wire [7:0]  value,  // examples.rs:146
    output wire        busy    // examples.rs:147
);

    localparam [1:0] IDLE = 2'd0;   // examples.rs:109
    localparam [1:0] RUN = 2'd1;    // examples.rs:110
    localparam [1:0] DRAIN = 2'd2;  // examples.rs:111
    reg [1:0] state;                // examples.rs:114
    reg [3:0] count;                // examples.rs:115
    reg accept;                     // examples.rs:116
    reg [1:0] next;                 // examples.rs:117
    wire queue_in_ready;            // examples.rs:143
    wire queue_out_valid;           // examples.rs:124
    wire [7:0] queue_out_data;      // examples.rs:146

    fifo queue (  // examples.rs:119
        .clk      (clk),
        .rst      (rst),
        .in_valid (state == RUN),
        .in_data  (data[7:0]),
        .out_ready(accept),
        .in_ready (queue_in_ready),
        .out_valid(queue_out_valid),
        .out_data (queue_out_data)
    );

    wire done = count == 4'd0 && !queue_out_valid;  // examples.rs:124

    always @* begin  // examples.rs:125
        next = state;
        accept = 1'b0;
        case (state)
            IDLE: begin
                if (start) next = RUN;
            end
            RUN: begin
                if (count == 4'd9) next = DRAIN;
            end
            default: begin
                accept = 1'b1;
                if (done) next = IDLE;
            end
        endcase
    end

    always @(posedge clk) begin  // examples.rs:141
        state <= next;
        if (queue_in_ready && state == RUN) begin
            count <= count + 4'd1;
        end else if (state == DRAIN) begin
            count <= 4'd0;
        end
        if (rst) state <= 2'd0;
    end

    assign value = queue_out_data;  // examples.rs:146
    assign busy = state != IDLE;    // examples.rs:147

    // Not used here; read so that linters know that it is on purpose.
    wire _unused = &{1'b0, data[11:8]};
endmodule

`default_nettype wire
