/* Records, pointers to them, and calls of small functions: what a system program does. */
#include "bench.h"

enum kind { EMPTY, SMALL, LARGE };

struct record {
    struct record *other;
    enum kind kind;
    int32_t value, total;
    char name[20];
};

static struct record first, second;
static int32_t table[32];

const unsigned iterations = 8;
const uint32_t expected = 0x6b7b2c22u;

__attribute__((noinline)) static enum kind classify(int32_t value)
{
    if (value < 10)
        return EMPTY;
    return value < 100 ? SMALL : LARGE;
}

__attribute__((noinline)) static int same_name(const struct record *a, const struct record *b)
{
    for (unsigned i = 0; i < sizeof a->name; i++) {
        if (a->name[i] != b->name[i])
            return 0;
        if (!a->name[i])
            break;
    }
    return 1;
}

__attribute__((noinline)) static void update(struct record *record, int32_t value)
{
    struct record *other = record->other;
    *other = *record;
    other->other = record;
    other->value = value;
    other->kind = classify(value);
    switch (other->kind) {
    case EMPTY:
        other->total += 1;
        break;
    case SMALL:
        other->total += value * 3;
        break;
    default:
        other->total += value / 7 + value % 7;
        break;
    }
    other->name[value % 16] = (char)('a' + value % 26);
}

static void fill(int32_t *row, int32_t start)
{
    row[start] = start + 5;
    row[start + 1] = row[start];
    row[start + 16] = start;
    row[row[start] & 31] += 1;
}

void prepare(void)
{
    first.other = &second;
    second.other = &first;
}

uint32_t iterate(void)
{
    static const char name[] = "systolic array";
    for (unsigned i = 0; i < sizeof first.name; i++)
        first.name[i] = i < sizeof name ? name[i] : 0;
    for (int i = 0; i < 32; i++)
        table[i] = 0;
    first.total = first.value = 0;
    uint32_t result = 0;
    struct record *record = &first;
    for (int32_t i = 0; i < 12; i++) {
        fill(table, i);
        update(record, i * i + table[i]);
        result = result * 31 + (uint32_t)same_name(&first, &second);
        record = record->other;
    }
    for (int i = 0; i < 32; i++)
        result = result * 31 + (uint32_t)table[i];
    return result * 31 + (uint32_t)record->total + record->kind;
}
