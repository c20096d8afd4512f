# What runs before main: stack, data, bss. A trap stays where the debugger finds it.
    .section .text, "ax", @progbits
    .global _start
_start:
    la   sp, _fstack
    la   t0, trapped
    csrw mtvec, t0

    la   t0, _fdata
    la   t1, _edata
    la   t2, _fdata_rom
copy:
    bgeu t0, t1, clear
    lw   t3, 0(t2)
    sw   t3, 0(t0)
    addi t0, t0, 4
    addi t2, t2, 4
    j    copy

clear:
    la   t0, _fbss
    la   t1, _ebss
clear_word:
    bgeu t0, t1, run
    sw   zero, 0(t0)
    addi t0, t0, 4
    j    clear_word

run:
    call main
stay:
    j    stay

    .balign 4
trapped:
    j    trapped
