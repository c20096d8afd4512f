#ifndef __SYSTEM_H
#define __SYSTEM_H

#ifdef __cplusplus
extern "C" {
#endif

/* The hart fetches ahead; it has no caches. */
__attribute__((unused)) static void flush_cpu_icache(void)
{
    __asm__ volatile("fence.i" ::: "memory");
}

__attribute__((unused)) static void flush_cpu_dcache(void)
{
}

void flush_l2_cache(void);

void busy_wait(unsigned int ms);
void busy_wait_us(unsigned int us);

#ifdef __cplusplus
}
#endif

#endif
