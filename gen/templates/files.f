// Verilog of `{{ top }}`, children before their parents, relative to this file:
//     verilator -F {{ name }}
{%- for file in files %}
{{ file }}
{%- endfor %}
