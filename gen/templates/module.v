{%- for line in banner -%}
// {{ line }}
{% endfor -%}
`default_nettype none

module {{ name }}{% if ports.is_empty() %};{% else %} (
{%- for port in ports %}
    {{ port.declaration }}{% if !loop.last %},{% endif %}{{ port.mark }}
{%- endfor %}
);
{%- endif %}
{%- for entry in body %}
{%- if entry.gap %}
{% endif %}
{%- match entry.block %}
{%- when Block::Section { title } %}
    // ---- {{ title }} ----
{%- when Block::Constant { ty, name, value, mark } %}
    localparam {{ ty }}{{ name }} = {{ value }};{{ mark }}
{%- when Block::Net { kind, ty, name, value: None, mark } %}
    {{ kind }} {{ ty }}{{ name }};{{ mark }}
{%- when Block::Net { kind, ty, name, value: Some(value), mark } %}
    {{ kind }} {{ ty }}{{ name }} = {{ value }};{{ mark }}
{%- when Block::Assign { target, value, mark } %}
    assign {{ target }} = {{ value }};{{ mark }}
{%- when Block::Clocked { body, mark } %}
    always @(posedge clk) begin{{ mark }}
{%- for line in body %}
        {{ line }}
{%- endfor %}
    end
{%- when Block::Comb { body, mark } %}
    always @* begin{{ mark }}
{%- for line in body %}
        {{ line }}
{%- endfor %}
    end
{%- when Block::Memory { style, ty, name, last, init, mark } %}
{%- if let Some(style) = style %}
    (* ram_style = "{{ style }}" *)
{%- endif %}
    reg {{ ty }}{{ name }} [0:{{ last }}];{{ mark }}
{%- if let Some(file) = init %}
    initial $readmemh("{{ file }}", {{ name }});
{%- endif %}
{%- when Block::Instance { module, name, pins, mark } %}
    {{ module }} {{ name }}{% if pins.is_empty() %} ();{{ mark }}{% else %} ({{ mark }}
{%- for pin in pins %}
        .{{ pin.port }}({{ pin.value }}){% if !loop.last %},{% endif %}
{%- endfor %}
    );
{%- endif %}
{%- endmatch %}
{%- endfor %}
{%- if !unused.is_empty() %}

    // Not used here; read so that linters know that it is on purpose.
    wire _unused = &{1'b0
{%- for part in unused %}, {{ part }}{% endfor %}};
{%- endif %}
{%- if !properties.is_empty() %}

`ifdef CHECKS
{%- for Net { ty, name, value, mark } in property_wires %}
    wire {{ ty }}{{ name }} = {{ value }};{{ mark }}
{%- endfor %}
    always @(posedge clk) begin
        if (!rst) begin
`ifdef FORMAL
{%- for property in properties %}
            {{ property.name }}: {{ property.keyword }} ({{ property.holds }});{{ property.mark }}
{%- endfor %}
`else
{%- for property in properties %}
{%- if property.keyword != "cover" %}
            if ({{ property.fails }}) begin{{ property.mark }}
                $display("%m: {{ property.keyword }} {{ property.name }} failed ({{ property.place }})");
                $stop;
            end
{%- endif %}
{%- endfor %}
`endif
        end
    end
`ifdef VERILATOR
{%- for property in properties %}
{%- if property.keyword == "cover" %}
    {{ property.name }}: cover property (@(posedge clk) !rst && {{ property.holds }});{{ property.mark }}
{%- endif %}
{%- endfor %}
`endif
`endif
{%- endif %}
endmodule

`default_nettype wire
