// Generated from gen/tests/common/examples.rs:153; edit that file, not this one.
`default_nettype none

module arithmetic (
    input  wire signed [7:0]  a,                // examples.rs:154
    input  wire signed [7:0]  b,                // examples.rs:155
    input  wire [11:0]        u,                // examples.rs:156
    input  wire [3:0]         n,                // examples.rs:157
    output wire [7:0]         high_half,        // examples.rs:158
    output wire signed [15:0] difference,       // examples.rs:159
    output wire signed [19:0] sum_of_products,  // examples.rs:160
    output wire [7:0]         shifted,          // examples.rs:161
    output wire               chosen_bit,       // examples.rs:162
    output wire               fits,             // examples.rs:163
    output wire [14:0]        joined,           // examples.rs:164
    output wire [11:0]        ordered           // examples.rs:165
);

    wire signed [15:0] high_half_product = a * b;                        // examples.rs:158
    assign high_half = high_half_product[15:8];                          // examples.rs:158
    wire signed [7:0] difference_narrow = a - b;                         // examples.rs:159
    assign difference = {{8{difference_narrow[7]}}, difference_narrow};  // examples.rs:159
    wire signed [15:0] sum_of_products_product = a * b;                  // examples.rs:160
    wire signed [15:0] sum_of_products_product_2 = b * b;                // examples.rs:160
    assign sum_of_products = $signed({{4{sum_of_products_product[15]}}, sum_of_products_product}) +  // examples.rs:160
        $signed({{4{sum_of_products_product_2[15]}}, sum_of_products_product_2});
    assign shifted = ($unsigned(a) ^ u[7:0]) + $unsigned(b >>> n);  // examples.rs:161
    assign chosen_bit = n < 4'd12 && u[n];                          // examples.rs:162
    assign fits = a + b <= 8'sd100 && !(|u);                        // examples.rs:163
    assign joined = {u[11:8], a, {3{n[0]}}};                        // examples.rs:164
    assign ordered =                                                // examples.rs:165
        (n == 4'd0) ? u :
        (n == 4'd1) ? u << 1 :
        (n == 4'd2) ? u << n :
        12'habc;

    // Not used here; read so that linters know that it is on purpose.
    wire _unused = &{1'b0, high_half_product[7:0]};
endmodule

`default_nettype wire
