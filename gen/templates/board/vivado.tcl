# {{ board.title }} with Vivado, in this folder: vivado -mode batch -source vivado.tcl
create_project -force {{ board.name }} vivado -part {{ part }}
add_files {
{%- for file in files %}
    {{ file }}
{%- endfor %}
}
add_files -fileset constrs_1 {{ constraints }}
set_property top {{ board.name }} [current_fileset]
# $readmemh of Verilog looks beside the project.
add_files -quiet [glob -nocomplain *.hex]
launch_runs synth_1 -jobs 2
wait_on_run synth_1
launch_runs impl_1 -to_step write_bitstream -jobs 2
wait_on_run impl_1
open_run impl_1
report_utilization -file {{ board.name }}.utilisation.txt
report_timing_summary -file {{ board.name }}.timing.txt
file copy -force vivado/{{ board.name }}.runs/impl_1/{{ board.name }}.bit .
