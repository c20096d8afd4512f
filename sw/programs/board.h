/* Devices that only a board has; see docs/soc.md. */
#ifndef BOARD_H
#define BOARD_H

#include "runtime.h"

#define UART_DATA   REGISTER(0x10000000)
#define UART_STATUS REGISTER(0x10000004)

#define GPIO_LEDS    REGISTER(0x10010000)
#define GPIO_BUTTONS REGISTER(0x10010004)
#define GPIO_BOOT    REGISTER(0x10010008)
#define GPIO_CLOCK   REGISTER(0x1001000c)
#define GPIO_BAUD    REGISTER(0x10010010)

#endif
