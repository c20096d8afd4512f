/* CRC-32 (IEEE 802.3), bit by bit and by table. */
#include "runtime.h"

static uint32_t table[256];
static uint8_t data[4096];

static uint32_t crc_bitwise(const uint8_t *bytes, size_t length)
{
    uint32_t crc = ~0u;
    while (length--) {
        crc ^= *bytes++;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xedb88320u & -(crc & 1));
    }
    return ~crc;
}

static uint32_t crc_by_table(const uint8_t *bytes, size_t length)
{
    uint32_t crc = ~0u;
    while (length--)
        crc = crc >> 8 ^ table[(crc ^ *bytes++) & 255];
    return ~crc;
}

int main(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xedb88320u & -(crc & 1));
        table[i] = crc;
    }
    /* The check value of the CRC catalogue. */
    if (crc_bitwise((const uint8_t *)"123456789", 9) != 0xcbf43926)
        return 1;
    uint32_t state = 99;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)random_word(&state);
    uint32_t crc = crc_by_table(data, sizeof data);
    if (crc != crc_bitwise(data, sizeof data))
        return 2;
    print("crc32: ");
    print_hex(crc);
    print("\n");
    return 0;
}
