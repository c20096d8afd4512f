/* CRC-16/ARC bit by bit, over bytes and over words. */
#include "bench.h"

const unsigned iterations = 2;
/* The check value of CRC-16/ARC, of "123456789", and the CRC of the words. */
const uint32_t expected = 0xbb3da420u;

enum { WORDS = 32 };

static uint32_t words[WORDS];

static uint16_t add_byte(uint16_t crc, uint8_t byte)
{
    for (int i = 0; i < 8; i++) {
        int carry = (crc ^ byte) & 1;
        byte >>= 1;
        crc >>= 1;
        if (carry)
            crc ^= 0xa001;
    }
    return crc;
}

static uint16_t add_word(uint16_t crc, uint32_t word)
{
    for (int shift = 0; shift < 32; shift += 8)
        crc = add_byte(crc, (uint8_t)(word >> shift));
    return crc;
}

void prepare(void)
{
    uint32_t state = 521288629u;
    for (int i = 0; i < WORDS; i++)
        words[i] = random_word(&state);
}

uint32_t iterate(void)
{
    uint16_t check = 0, crc = 0;
    for (const char *c = "123456789"; *c; c++)
        check = add_byte(check, (uint8_t)*c);
    for (int i = 0; i < WORDS; i++)
        crc = add_word(crc, words[i]);
    return (uint32_t)check << 16 | crc;
}
