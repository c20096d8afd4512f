/* Recursive quicksort with insertion sort for short parts: branches that nothing predicts. */
#include "bench.h"

enum { COUNT = 200, SHORT = 8 };

static int32_t source[COUNT], numbers[COUNT];

const unsigned iterations = 2;
const uint32_t expected = 0x8d24d651u;

void prepare(void)
{
    uint32_t state = 362436069u;
    for (int i = 0; i < COUNT; i++)
        source[i] = (int32_t)random_word(&state);
}

static void insertion_sort(int32_t *low, int32_t *high)
{
    for (int32_t *i = low + 1; i <= high; i++) {
        int32_t value = *i, *j = i;
        for (; j > low && j[-1] > value; j--)
            *j = j[-1];
        *j = value;
    }
}

static void sort(int32_t *low, int32_t *high)
{
    while (high - low >= SHORT) {
        int32_t pivot = low[(high - low) / 2];
        int32_t *i = low - 1, *j = high + 1;
        for (;;) {
            while (*++i < pivot)
                ;
            while (*--j > pivot)
                ;
            if (i >= j)
                break;
            int32_t swap = *i;
            *i = *j;
            *j = swap;
        }
        sort(low, j);
        low = j + 1;
    }
    insertion_sort(low, high);
}

uint32_t iterate(void)
{
    for (int i = 0; i < COUNT; i++)
        numbers[i] = source[i];
    sort(numbers, numbers + COUNT - 1);
    uint32_t result = (uint32_t)numbers[0];
    for (int i = 1; i < COUNT; i++) {
        if (numbers[i - 1] > numbers[i])
            return 0;
        result = result * 31 + (uint32_t)numbers[i];
    }
    return result;
}
