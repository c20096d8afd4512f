#include "runtime.h"

extern volatile uint32_t tohost[2], fromhost[2];

/* gcc calls these for copies and initialisers of its own. */
void *memcpy(void *to, const void *from, size_t n)
{
    unsigned char *t = to;
    const unsigned char *f = from;
    while (n--)
        *t++ = *f++;
    return to;
}

void *memset(void *to, int value, size_t n)
{
    unsigned char *t = to;
    while (n--)
        *t++ = (unsigned char)value;
    return to;
}

#ifdef BOARD
/* The console is the serial port. The end is byte 4 (end of transmission) and the exit code, for
   `systole upload`. While the boot ROM is there, its monitor then takes the next program. */
static void uart_send(unsigned char byte)
{
    while (!(UART_STATUS & 1))
        ;
    UART_DATA = byte;
}

static void write(const char *text, size_t length)
{
    while (length--)
        uart_send((unsigned char)*text++);
}

void htif_exit(int code)
{
    uart_send(4);
    uart_send((unsigned char)code);
    if (GPIO_BOOT & 1)
        ((void (*)(void))0x80000000)();
    for (;;)
        ;
}
#else
void htif_exit(int code)
{
    tohost[0] = (uint32_t)code << 1 | 1;
    for (;;)
        ;
}

/* HTIF system call 64: write(file descriptor, buffer, length). */
static void write(const char *text, size_t length)
{
    static volatile uint64_t call[8] __attribute__((aligned(64)));
    call[0] = 64;
    call[1] = 1;
    call[2] = (uintptr_t)text;
    call[3] = length;
    __asm__ volatile("fence" ::: "memory");
    tohost[0] = (uintptr_t)call;
    while (fromhost[0] == 0)
        ;
    fromhost[0] = 0;
}
#endif

void print(const char *text)
{
    size_t length = 0;
    while (text[length])
        length++;
    write(text, length);
}

void print_hex(uint32_t value)
{
    static char digits[9];
    for (int i = 7; i >= 0; i--, value >>= 4)
        digits[i] = "0123456789abcdef"[value & 15];
    digits[8] = 0;
    print(digits);
}

__attribute__((weak)) uint32_t handle_trap(uint32_t cause, uint32_t value, uint32_t epc)
{
    print("unexpected trap, cause ");
    print_hex(cause);
    print(" value ");
    print_hex(value);
    print(" at ");
    print_hex(epc);
    print("\n");
    htif_exit(99);
}

uint32_t random_word(uint32_t *state)
{
    uint32_t x = *state;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return *state = x;
}
