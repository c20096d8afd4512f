/* What every program here may use: exit and console, by HTIF or over a board's serial port; traps;
   registers of the SoC. */
#ifndef RUNTIME_H
#define RUNTIME_H

#include <stddef.h>
#include <stdint.h>

/* Ends the program; 0 means success. */
void htif_exit(int code) __attribute__((noreturn));

/* Writes a string, or a number as eight hex digits, to the console. */
void print(const char *text);
void print_hex(uint32_t value);

/* Called for every trap; returns the address to go on at. Programs may define their own. */
uint32_t handle_trap(uint32_t cause, uint32_t value, uint32_t epc);

/* A reproducible random sequence (xorshift32); *state must not be 0. */
uint32_t random_word(uint32_t *state);

#define REGISTER(address) (*(volatile uint32_t *)(address))

#define CLINT_MSIP       REGISTER(0x02000000)
#define CLINT_MTIMECMP   REGISTER(0x02004000)
#define CLINT_MTIMECMPH  REGISTER(0x02004004)
#define CLINT_MTIME      REGISTER(0x0200bff8)

#define NPU_CONFIG           REGISTER(0x40000004)
#define NPU_STATUS           REGISTER(0x40000008)
#define NPU_INTERRUPT_ENABLE REGISTER(0x4000000c)
#define NPU_DOORBELL         REGISTER(0x40000010)
#define NPU_CLEAR            REGISTER(0x40000014)

/* Only on a board (docs/soc.md). Built with BOARD, console and exit go over the serial port. */
#define UART_DATA   REGISTER(0x10000000)
#define UART_STATUS REGISTER(0x10000004)

#define GPIO_LEDS    REGISTER(0x10010000)
#define GPIO_BUTTONS REGISTER(0x10010004)
#define GPIO_BOOT    REGISTER(0x10010008)
#define GPIO_CLOCK   REGISTER(0x1001000c)
#define GPIO_BAUD    REGISTER(0x10010010)

#endif
