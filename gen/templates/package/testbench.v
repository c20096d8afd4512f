// The hart of `{{ top }}` adds the numbers from 1 to 10 and writes the sum.
`default_nettype none

module testbench;
    localparam RESULT = 32'h8000_0100;

    reg clk = 1'b0;
    reg rst = 1'b1;
    always #5 clk = !clk;
{% for port in ports %}
    {% if port.output %}wire{% else %}reg {% endif %} [{{ port.width - 1 }}:0] {{ port.name }};
{%- endfor %}

    {{ top }} chip (
        .clk(clk),
        .rst(rst),
{%- for port in ports %}
        .{{ port.name }}({{ port.name }}){% if !loop.last %},{% endif %}
{%- endfor %}
    );

    // ---- Memory: 1 KiB from 0x8000_0000 ----
    reg [31:0] words [0:255];
    integer n;
    initial begin
        for (n = 0; n < 256; n = n + 1) words[n] = 32'h0000_006f;
        words[0] = 32'h0000_0513;  //       li   a0, 0
        words[1] = 32'h00a0_0593;  //       li   a1, 10
        words[2] = 32'h00b5_0533;  // loop: add  a0, a0, a1
        words[3] = 32'hfff5_8593;  //       addi a1, a1, -1
        words[4] = 32'hfe05_9ce3;  //       bnez a1, loop
        words[5] = 32'h8000_0637;  //       lui  a2, 0x80000
        words[6] = 32'h10a6_2023;  //       sw   a0, 0x100(a2)
        words[7] = 32'h1006_2683;  //       lw   a3, 0x100(a2)
        words[8] = 32'h10d6_2223;  //       sw   a3, 0x104(a2)
        words[9] = 32'h0000_006f;  //       j    .
    end

    task write;
        input [31:0] address;
        input [31:0] data;
        begin
            words[address[9:2]] = data;
            if (address == RESULT + 4) begin
                if (data == 55) $display("PASS: the sum is 55");
                else $display("FAIL: the sum is %0d", data);
                $finish;
            end
        end
    endtask

    initial begin
        #1000000 $display("FAIL: the program does not end");
        $finish;
    end

    // ---- Buses ----
    initial begin
{%- for port in self.quiet() %}
        {{ port.name }} = 0;
{%- endfor %}
{%- match bus %}
{%- when Bus::Native %}
        ibus_rsp_valid = 0;
        dbus_rsp_valid = 0;
        ibus_rsp_error = 0;
        dbus_rsp_error = 0;
        ibus_req_ready = 1;
        dbus_req_ready = 1;
{%- when Bus::Axi %}
        m_axil_ibus_rvalid = 0;
        m_axil_ibus_rresp = 0;
        m_axil_ibus_arready = 1;
        m_axil_dbus_rvalid = 0;
        m_axil_dbus_rresp = 0;
        m_axil_dbus_arready = 1;
        m_axil_dbus_bvalid = 0;
        m_axil_dbus_bresp = 0;
        m_axil_dbus_awready = 0;
        m_axil_dbus_wready = 0;
{%- when Bus::Wishbone %}
        wbm_ibus_ack_i = 0;
        wbm_ibus_err_i = 0;
        wbm_dbus_ack_i = 0;
        wbm_dbus_err_i = 0;
{%- endmatch %}
        #42 rst = 0;
    end

    // All answers come in the cycle after the request; they are always taken.
    always @(posedge clk) begin
{%- match bus %}
{%- when Bus::Native %}
        ibus_rsp_valid <= ibus_req_valid && !rst;
{%- if fetch_words == 2 %}
        ibus_rsp_rdata <= {words[{ibus_req_address[9:3], 1'b1}], words[{ibus_req_address[9:3], 1'b0}]};
{%- else %}
        ibus_rsp_rdata <= words[ibus_req_address[9:2]];
{%- endif %}
        dbus_rsp_valid <= dbus_req_valid && !rst;
        dbus_rsp_rdata <= words[dbus_req_address[9:2]];
        if (dbus_req_valid && dbus_req_write && !rst) write(dbus_req_address, dbus_req_wdata);
{%- when Bus::Axi %}
        m_axil_ibus_rvalid <= m_axil_ibus_arvalid && !rst;
{%- if fetch_words == 2 %}
        m_axil_ibus_rdata <=
            {words[{m_axil_ibus_araddr[9:3], 1'b1}], words[{m_axil_ibus_araddr[9:3], 1'b0}]};
{%- else %}
        m_axil_ibus_rdata <= words[m_axil_ibus_araddr[9:2]];
{%- endif %}
        m_axil_dbus_rvalid <= m_axil_dbus_arvalid && !rst;
        m_axil_dbus_rdata <= words[m_axil_dbus_araddr[9:2]];
        // Address and data of a write are taken together.
        m_axil_dbus_awready <= m_axil_dbus_awvalid && m_axil_dbus_wvalid && !m_axil_dbus_awready;
        m_axil_dbus_wready <= m_axil_dbus_awvalid && m_axil_dbus_wvalid && !m_axil_dbus_wready;
        m_axil_dbus_bvalid <= m_axil_dbus_awready;
        if (m_axil_dbus_awready) write(m_axil_dbus_awaddr, m_axil_dbus_wdata);
{%- when Bus::Wishbone %}
        wbm_ibus_ack_i <= wbm_ibus_cyc_o && wbm_ibus_stb_o && !wbm_ibus_ack_i && !rst;
{%- if fetch_words == 2 %}
        wbm_ibus_dat_i <= {words[{wbm_ibus_adr_o[9:3], 1'b1}], words[{wbm_ibus_adr_o[9:3], 1'b0}]};
{%- else %}
        wbm_ibus_dat_i <= words[wbm_ibus_adr_o[9:2]];
{%- endif %}
        wbm_dbus_ack_i <= wbm_dbus_cyc_o && wbm_dbus_stb_o && !wbm_dbus_ack_i && !rst;
        wbm_dbus_dat_i <= words[wbm_dbus_adr_o[9:2]];
        if (wbm_dbus_ack_i && wbm_dbus_we_o) write(wbm_dbus_adr_o, wbm_dbus_dat_o);
{%- endmatch %}
    end
endmodule

`default_nettype wire
