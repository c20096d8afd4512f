/* What a kernel defines. harness.c runs it and tells how long it took. */
#ifndef BENCH_H
#define BENCH_H

#include "runtime.h"

/* Iterations that are measured, after one that is not. */
extern const unsigned iterations;
/* What iterate() returns; the values were found by running the same source on another machine. */
extern const uint32_t expected;

/* Makes the data; called once. */
void prepare(void);
/* One iteration. It leaves the data such that the next one does the same work again. */
uint32_t iterate(void);

#endif
