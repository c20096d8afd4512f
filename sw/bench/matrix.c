/* Integer matrices: sums, a product with a vector, a product, and a product of bit fields. */
#include "bench.h"

enum { SIZE = 10 };

static int16_t a[SIZE][SIZE], b[SIZE][SIZE];
static int32_t c[SIZE][SIZE];

const unsigned iterations = 2;
const uint32_t expected = 0x0b7140b5u;

void prepare(void)
{
    uint32_t state = 88172645u;
    for (int i = 0; i < SIZE; i++) {
        for (int j = 0; j < SIZE; j++) {
            a[i][j] = (int16_t)(random_word(&state) >> 16);
            b[i][j] = (int16_t)(random_word(&state) >> 24);
        }
    }
}

static void add_constant(int16_t value)
{
    for (int i = 0; i < SIZE; i++)
        for (int j = 0; j < SIZE; j++)
            a[i][j] = (int16_t)(a[i][j] + value);
}

static void multiply(void)
{
    for (int i = 0; i < SIZE; i++) {
        for (int j = 0; j < SIZE; j++) {
            int32_t sum = 0;
            for (int k = 0; k < SIZE; k++)
                sum += a[i][k] * b[k][j];
            c[i][j] = sum;
        }
    }
}

static void multiply_fields(void)
{
    for (int i = 0; i < SIZE; i++) {
        for (int j = 0; j < SIZE; j++) {
            int32_t sum = 0;
            for (int k = 0; k < SIZE; k++) {
                int32_t product = a[i][k] * b[k][j];
                sum += (product >> 2 & 15) * (product >> 5 & 127);
            }
            c[i][j] = sum;
        }
    }
}

/* Adds up, and counts how often the sum passes a limit or the elements rise. */
static uint32_t summary(void)
{
    int32_t sum = 0, previous = 0;
    uint32_t result = 0;
    for (int i = 0; i < SIZE; i++) {
        for (int j = 0; j < SIZE; j++) {
            int32_t value = c[i][j];
            sum += value;
            if (sum > 200000) {
                result += 10;
                sum = 0;
            } else if (value > previous) {
                result++;
            }
            previous = value;
        }
    }
    return result ^ (uint32_t)sum << 12;
}

uint32_t iterate(void)
{
    add_constant(7);
    multiply();
    uint32_t result = summary();
    multiply_fields();
    result = result * 31 + summary();
    add_constant(-7);
    return result;
}
