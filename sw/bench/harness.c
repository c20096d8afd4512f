/*
 * Runs the kernel and leaves the figures in the signature: iterations, and cycles and retired
 * instructions of all of them together. A wrong result of the kernel ends the program with 1.
 */
#include "bench.h"

struct figures {
    uint32_t iterations, cycles, instructions, result;
};

volatile struct figures begin_signature __attribute__((section(".signature")));

static inline uint32_t cycles(void)
{
    uint32_t value;
    __asm__ volatile("csrr %0, mcycle" : "=r"(value));
    return value;
}

static inline uint32_t instructions(void)
{
    uint32_t value;
    __asm__ volatile("csrr %0, minstret" : "=r"(value));
    return value;
}

int main(void)
{
    prepare();
    /* Not measured: branch predictors learn here. */
    uint32_t result = iterate();
    int wrong = result != expected;
    uint32_t first_instruction = instructions(), first_cycle = cycles();
    for (unsigned i = 0; i < iterations; i++)
        wrong |= iterate() != expected;
    uint32_t last_cycle = cycles(), last_instruction = instructions();
    begin_signature.iterations = iterations;
    begin_signature.cycles = last_cycle - first_cycle;
    begin_signature.instructions = last_instruction - first_instruction;
    begin_signature.result = result;
    return wrong;
}
