/* Made by `systole compile`: registers of the NPU and a small driver, usable without a model.
 * docs/npu.md of Systole is the specification. */
#ifndef SYSTOLE_NPU_H
#define SYSTOLE_NPU_H

#include <stdint.h>

#define NPU_REGISTER(offset) (*(volatile uint32_t *)(uintptr_t)(0x40000000u + (offset)))

#define NPU_ID_REGISTER               NPU_REGISTER(0x00) /* 0x53594e50 */
#define NPU_CONFIG_REGISTER           NPU_REGISTER(0x04) /* log2 of side, bus bytes and rows */
#define NPU_STATUS_REGISTER           NPU_REGISTER(0x08) /* busy, done, error; cause in 15:8 */
#define NPU_INTERRUPT_ENABLE_REGISTER NPU_REGISTER(0x0c) /* bit 0 */
#define NPU_DOORBELL_REGISTER         NPU_REGISTER(0x10) /* address of a list: starts it */
#define NPU_CLEAR_REGISTER            NPU_REGISTER(0x14) /* clears done, error and cause */
#define NPU_FAULT_INDEX_REGISTER      NPU_REGISTER(0x18) /* descriptor at fault */
#define NPU_FAULT_ADDRESS_REGISTER    NPU_REGISTER(0x1c) /* of a bus error */
#define NPU_JOBS_REGISTER             NPU_REGISTER(0x20) /* jobs that ended */
#define NPU_CYCLES_REGISTER           NPU_REGISTER(0x24) /* of the last job */
#define NPU_EXEC_BUSY_REGISTER        NPU_REGISTER(0x28) /* cycles in which a wave entered */
#define NPU_READ_BYTES_REGISTER       NPU_REGISTER(0x48)
#define NPU_WRITE_BYTES_REGISTER      NPU_REGISTER(0x4c)
#define NPU_ABORT_REGISTER            NPU_REGISTER(0x54) /* ends the job */
#define NPU_WINDOW_BASE_REGISTER      NPU_REGISTER(0x1000)
#define NPU_WINDOW_LIMIT_REGISTER     NPU_REGISTER(0x1004)

#define NPU_STATUS_BUSY  1u
#define NPU_STATUS_DONE  2u
#define NPU_STATUS_ERROR 4u

/* Why a job ended. */
enum npu_cause {
    NPU_CAUSE_NONE = 0,
    NPU_CAUSE_BAD_OPCODE = 1,
    NPU_CAUSE_BAD_FIELD = 2,
    NPU_CAUSE_TOKEN_UNDERFLOW = 3,
    NPU_CAUSE_TOKEN_OVERFLOW = 4,
    NPU_CAUSE_MISALIGNED_LIST = 5,
    NPU_CAUSE_LIST_TOO_LONG = 6,
    NPU_CAUSE_FETCH_ERROR = 7,
    NPU_CAUSE_LOAD_ERROR = 8,
    NPU_CAUSE_STORE_ERROR = 9,
    NPU_CAUSE_ABORTED = 10,
};

/* Orders the hart's accesses to memory and registers. */
static inline void npu_fence(void)
{
#ifdef __riscv
    __asm__ volatile("fence" ::: "memory");
#endif
}

/* Starts the list of descriptors at this address, a multiple of 32. Ignored while the NPU is busy. */
static inline void npu_start(uint32_t list)
{
    npu_fence();
    NPU_DOORBELL_REGISTER = list;
}

/* Whether a job is under way. */
static inline int npu_is_busy(void)
{
    return (NPU_STATUS_REGISTER & NPU_STATUS_BUSY) != 0;
}

/* Waits for the end of the job, if there is one. */
static inline void npu_wait(void)
{
    while (npu_is_busy())
        ;
    npu_fence();
}

/* Why the last job ended; NPU_CAUSE_NONE if by its last descriptor. */
static inline int npu_error_cause(void)
{
    uint32_t status = NPU_STATUS_REGISTER;
    return status & NPU_STATUS_ERROR ? (int)(status >> 8 & 0xff) : NPU_CAUSE_NONE;
}

/* Clears done and error, and with them the interrupt. */
static inline void npu_clear(void)
{
    NPU_CLEAR_REGISTER = 1;
}

/* Runs a list from start to end and returns why it ended. The NPU must not be busy. */
static inline int npu_run(uint32_t list)
{
    npu_start(list);
    npu_wait();
    int cause = npu_error_cause();
    npu_clear();
    return cause;
}

#endif
