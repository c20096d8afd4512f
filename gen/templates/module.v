{%- for line in banner -%}
// {{ line }}
{% endfor -%}
`default_nettype none
{% if keep_hierarchy %}
(* keep_hierarchy *)
{%- endif %}
module {{ name }}{% if ports.is_empty() %};{% else %} (
{%- for port in ports %}
{%- for attribute in port.attributes %}
    (* {{ attribute.name }} = "{{ attribute.value }}" *)
{%- endfor %}
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
{%- when Block::Memory { style, collisions_unused, ty, name, last, init, initial, mark } %}
{%- if *collisions_unused %}
    (* no_rw_check *)
{%- endif %}
{%- if let Some(style) = style %}
    (* ram_style = "{{ style }}" *)
{%- endif %}
    reg {{ ty }}{{ name }} [0:{{ last }}];{{ mark }}
{%- if let Some(file) = init %}
    initial $readmemh("{{ file }}", {{ name }});
{%- endif %}
{%- if !initial.is_empty() %}
    initial begin
{%- for line in initial %}
        {{ line }}
{%- endfor %}
    end
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
{%- if !checks.is_empty() || !covers.is_empty() %}

    // ---- Properties ----
`ifdef CHECKS
{%- for Net { ty, name, value, mark } in property_wires %}
    wire {{ ty }}{{ name }} = {{ value }};{{ mark }}
{%- endfor %}
`ifdef FORMAL
    always @(posedge clk) begin
        if (!rst) begin
{%- for property in checks %}
            {{ property.name }}: {{ property.keyword }} ({{ property.condition }});{{ property.mark }}
{%- endfor %}
{%- for property in covers %}
            {{ property.name }}: cover ({{ property.condition }});{{ property.mark }}
{%- endfor %}
        end
    end
`else
{%- if !checks.is_empty() %}
    always @(posedge clk) begin
        if (!rst) begin
{%- for property in checks %}
            if ({{ property.fails }}) begin{{ property.mark }}
                $display("%m: {{ property.name }} does not hold ({{ property.place }})");
                $stop;
            end
{%- endfor %}
        end
    end
{%- endif %}
{%- if !covers.is_empty() %}
`ifdef VERILATOR
{%- for property in covers %}
    {{ property.name }}: cover property (@(posedge clk) !rst && {{ property.holds }});{{ property.mark }}
{%- endfor %}
`endif
{%- endif %}
`endif
`endif
{%- endif %}
endmodule

`default_nettype wire
