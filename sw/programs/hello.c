/* For a board: says hello over the serial port, and lights as many LEDs as it has said words.
   `systole upload sw/programs/hello.elf --port /dev/ttyUSB0` runs it. */
#include "runtime.h"

static void print_decimal(uint32_t value)
{
    char digits[11], *first = digits + 10;
    *first = 0;
    do
        *--first = (char)('0' + value % 10);
    while (value /= 10);
    print(first);
}

int main(void)
{
    GPIO_LEDS = 1;
    print("hello from a board with a clock of ");
    print_decimal(GPIO_CLOCK);
    print(" Hz, ");
    print_decimal(GPIO_BAUD);
    print(" bits a second and an NPU of side ");
    print_decimal(1u << (NPU_CONFIG & 0xff));
    print("\r\n");
    GPIO_LEDS = 7;
    return 0;
}
