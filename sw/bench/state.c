/* A state machine that sorts the words of a text into integers, reals, names and rubbish. */
#include "bench.h"

const unsigned iterations = 4;
const uint32_t expected = 0x6760f6c5u;

static const char text[] =
    "5012 -874 +122 T0.3e-1F 110.700 +0.64400 -0.7e+5 systole 5.500e+3 -.123e-2 x9 -87e+832 +0.6e-12 "
    "T0.3e-1F -T.T++Tq 1T3.4e4z 34.0e-T^ heart 1873 4. .5 array2 12e 12e5 7 -- +x 0x1f 3.14159 cell_3";

enum state { START, SIGN, INTEGER, POINT, FRACTION, EXPONENT, EXPONENT_SIGN, SCALED, NAME, INVALID };

enum { STATES = INVALID + 1 };

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* The state after one more character of a word. */
static enum state step(enum state state, char c)
{
    switch (state) {
    case START:
        if (is_digit(c))
            return INTEGER;
        if (c == '+' || c == '-')
            return SIGN;
        if (c == '.')
            return POINT;
        return is_letter(c) ? NAME : INVALID;
    case SIGN:
        if (is_digit(c))
            return INTEGER;
        return c == '.' ? POINT : INVALID;
    case INTEGER:
        if (is_digit(c))
            return INTEGER;
        if (c == '.')
            return FRACTION;
        return c == 'e' ? EXPONENT : INVALID;
    case POINT:
        return is_digit(c) ? FRACTION : INVALID;
    case FRACTION:
        if (is_digit(c))
            return FRACTION;
        return c == 'e' ? EXPONENT : INVALID;
    case EXPONENT:
        if (c == '+' || c == '-')
            return EXPONENT_SIGN;
        return is_digit(c) ? SCALED : INVALID;
    case EXPONENT_SIGN:
    case SCALED:
        return is_digit(c) ? SCALED : INVALID;
    case NAME:
        return is_letter(c) || is_digit(c) ? NAME : INVALID;
    default:
        return INVALID;
    }
}

void prepare(void)
{
}

uint32_t iterate(void)
{
    uint32_t ends[STATES] = {0}, steps[STATES] = {0};
    enum state state = START;
    for (const char *c = text;; c++) {
        if (*c == ' ' || *c == '\0') {
            ends[state]++;
            state = START;
            if (*c == '\0')
                break;
            continue;
        }
        state = step(state, *c);
        steps[state]++;
    }
    uint32_t result = 0;
    for (int i = 0; i < STATES; i++)
        result = (result * 31 + ends[i]) * 31 + steps[i];
    return result;
}
