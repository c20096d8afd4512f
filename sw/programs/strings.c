/* Byte-wise work: reversal, search, decimal conversion there and back. */
#include "runtime.h"

static size_t length(const char *s)
{
    const char *end = s;
    while (*end)
        end++;
    return (size_t)(end - s);
}

static void reverse(char *s)
{
    for (char *end = s + length(s) - 1; s < end; s++, end--) {
        char swap = *s;
        *s = *end;
        *end = swap;
    }
}

static const char *find(const char *hay, const char *needle)
{
    for (; *hay; hay++) {
        size_t i = 0;
        while (needle[i] && hay[i] == needle[i])
            i++;
        if (!needle[i])
            return hay;
    }
    return NULL;
}

static void to_decimal(int32_t value, char *out)
{
    uint32_t rest = value < 0 ? -(uint32_t)value : (uint32_t)value;
    char *start = out;
    do
        *out++ = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0)
        *out++ = '-';
    *out = 0;
    reverse(start);
}

static int32_t from_decimal(const char *s)
{
    int negative = *s == '-';
    uint32_t value = 0;
    for (s += negative; *s; s++)
        value = value * 10 + (uint32_t)(*s - '0');
    return (int32_t)(negative ? -value : value);
}

int main(void)
{
    char text[] = "a systolic array pumps data like a heart pumps blood";
    const char *hit = find(text, "heart");
    if (!hit || hit - text != 35)
        return 1;
    reverse(text);
    if (!find(text, "doolb"))
        return 2;
    reverse(text);
    if (find(text, "doolb") || length(text) != 52)
        return 3;
    uint32_t state = 3;
    for (int i = 0; i < 100; i++) {
        char digits[16];
        int32_t value = (int32_t)random_word(&state) >> (i & 31);
        to_decimal(value, digits);
        if (from_decimal(digits) != value)
            return 4;
    }
    print("strings: ");
    print(text);
    print("\n");
    return 0;
}
