/* Quicksort and insertion sort of the same numbers must agree and be ordered. */
#include "runtime.h"

enum { COUNT = 600 };

static int32_t quick[COUNT], insertion[COUNT];

static void quick_sort(int32_t *low, int32_t *high)
{
    while (low < high) {
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
        quick_sort(low, j);
        low = j + 1;
    }
}

static void insertion_sort(int32_t *array, int count)
{
    for (int i = 1; i < count; i++) {
        int32_t value = array[i];
        int j = i;
        for (; j > 0 && array[j - 1] > value; j--)
            array[j] = array[j - 1];
        array[j] = value;
    }
}

int main(void)
{
    uint32_t state = 12345;
    for (int i = 0; i < COUNT; i++)
        quick[i] = insertion[i] = (int32_t)random_word(&state);
    quick_sort(quick, quick + COUNT - 1);
    insertion_sort(insertion, COUNT);
    for (int i = 0; i < COUNT; i++) {
        if (quick[i] != insertion[i])
            return 1;
        if (i && quick[i - 1] > quick[i])
            return 2;
    }
    print("sort: 600 numbers in order\n");
    return 0;
}
