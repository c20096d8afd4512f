# {{ board.title }}, {{ board.device.name }}. Generated from gen/src/board.
create_clock -name clock -period {{ period }} [get_ports { clock }]
{%- for port in ports %}
set_property -dict { PACKAGE_PIN {{ port.pin.site }} IOSTANDARD {{ port.pin.standard }} } [get_ports { {{ port.name }} }]
{%- endfor %}
set_property CFGBVS VCCO [current_design]
set_property CONFIG_VOLTAGE 3.3 [current_design]
