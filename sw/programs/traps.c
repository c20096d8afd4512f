/* Every synchronous trap that a program can cause in M mode, and the timer and software interrupts. */
#include "runtime.h"

static volatile uint32_t cause, value, count;
static uint32_t resume;

uint32_t handle_trap(uint32_t new_cause, uint32_t new_value, uint32_t epc)
{
    cause = new_cause;
    value = new_value;
    count++;
    if (new_cause == 0x80000007) {
        CLINT_MTIMECMPH = ~0u;
        return epc;
    }
    if (new_cause == 0x80000003) {
        CLINT_MSIP = 0;
        return epc;
    }
    return new_cause == 1 ? resume : epc + 4;
}

#define EXPECT(what, want_cause, want_value)                        \
    do {                                                            \
        uint32_t before = count;                                    \
        what;                                                       \
        if (count != before + 1 || cause != (want_cause))           \
            return __LINE__;                                        \
        if (value != (uint32_t)(want_value))                        \
            return __LINE__;                                        \
    } while (0)

int main(void)
{
    static uint32_t words[2];
    uint32_t address = (uint32_t)words, pc, misa;

    EXPECT(__asm__ volatile("ecall"), 11, 0);
    EXPECT(__asm__ volatile("la %0, 1f\n1: ebreak" : "=r"(pc)), 3, pc);
    EXPECT(__asm__ volatile(".word 0xffffffff"), 2, 0xffffffff);
    EXPECT(__asm__ volatile("csrr %0, 0x7c0" : "=r"(pc)), 2, 0x7c002073 | value);
    EXPECT(__asm__ volatile("lw zero, 2(%0)" ::"r"(address) : "memory"), 4, address + 2);
    EXPECT(__asm__ volatile("sh zero, 1(%0)" ::"r"(address) : "memory"), 6, address + 1);
    EXPECT(__asm__ volatile("lw zero, 0(%0)" ::"r"(0x1000) : "memory"), 5, 0x1000);
    EXPECT(__asm__ volatile("sb zero, 3(%0)" ::"r"(0x1000) : "memory"), 7, 0x1003);
    /* With compressed instructions no jump is misaligned. */
    __asm__ volatile("csrr %0, misa" : "=r"(misa));
    if (!(misa >> ('C' - 'A') & 1))
        EXPECT(__asm__ volatile("la %0, 1f\n jr 2(%0)\n1:" : "=&r"(pc)), 0, pc + 2);
    EXPECT(__asm__ volatile("la %0, 1f\n sw %0, 0(%1)\n jr %2\n1:"
                            : "=&r"(pc) : "r"(&resume), "r"(0x1000) : "memory"), 1, 0x1000);

    CLINT_MSIP = 1;
    __asm__ volatile("csrw mie, %0" ::"r"(0x88));
    EXPECT(__asm__ volatile("csrsi mstatus, 8"), 0x80000003, 0);
    uint32_t before = count;
    CLINT_MTIMECMP = CLINT_MTIME + 200;
    CLINT_MTIMECMPH = 0;
    while (count == before)
        __asm__ volatile("wfi");
    if (cause != 0x80000007)
        return __LINE__;
    print("traps: every cause seen\n");
    return 0;
}
