/* Copies, compares and searches bytes as a C library does, aligned and not. */
#include "bench.h"

enum { LENGTH = 256 };

static uint8_t from[LENGTH + 4], to[LENGTH + 4];

const unsigned iterations = 4;
const uint32_t expected = 0xd64e6143u;

static const char *const names[] = {
    "activations", "accumulator", "accumulators", "address", "array", "array_row", "arbiter", "axi",
};

enum { NAMES = sizeof names / sizeof names[0] };

/* By words when both ends allow it. */
static void copy(uint8_t *t, const uint8_t *f, size_t n)
{
    if ((((uintptr_t)t | (uintptr_t)f) & 3) == 0) {
        for (; n >= 4; n -= 4, t += 4, f += 4)
            *(uint32_t *)t = *(const uint32_t *)f;
    }
    while (n--)
        *t++ = *f++;
}

static int compare(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return (uint8_t)*a - (uint8_t)*b;
}

static size_t length(const char *text)
{
    const char *end = text;
    while (*end)
        end++;
    return (size_t)(end - text);
}

void prepare(void)
{
    uint32_t state = 123456789u;
    for (int i = 0; i < LENGTH; i++)
        from[i] = (uint8_t)(random_word(&state) >> 24);
}

uint32_t iterate(void)
{
    uint32_t result = 0;
    copy(to, from, LENGTH);
    copy(to + 1, from + 2, LENGTH / 4);
    for (int i = 0; i < LENGTH; i += 16)
        result = result * 31 + to[i];
    for (int i = 0; i < NAMES; i++) {
        result = result * 31 + (uint32_t)length(names[i]);
        for (int j = 0; j < NAMES; j++)
            result = result * 3 + (compare(names[i], names[j]) < 0);
    }
    return result;
}
