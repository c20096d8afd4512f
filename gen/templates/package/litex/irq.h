#ifndef __IRQ_H
#define __IRQ_H

/* LiteX's software polls: the CPU has no interrupt controller of LiteX's. */

#endif
