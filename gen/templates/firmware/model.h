/* Made by `systole compile`. {{ f.model }} for the chip {{ f.chip }}.
 *
 * The descriptors hold absolute addresses: link with model.ld, which puts the data where the plan
 * has it and keeps everything else out of the network's memory.
 */
#ifndef MODEL_H
#define MODEL_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The network's memory: codes of input and output, then the data (weights, parameters, tables and
 * descriptors). */
#define MODEL_BASE           {{ "{:#010x}"|format(f.base) }}u
#define MODEL_INPUT_ADDRESS  {{ "{:#010x}"|format(f.input.address) }}u
#define MODEL_OUTPUT_ADDRESS {{ "{:#010x}"|format(f.output.address) }}u
#define MODEL_DATA_ADDRESS   {{ "{:#010x}"|format(f.data_address) }}u
#define MODEL_LIST_ADDRESS   {{ "{:#010x}"|format(f.list) }}u
#define MODEL_END            {{ "{:#010x}"|format(f.end) }}u
#define MODEL_DATA_BYTES     {{ f.data_bytes() }}u

/* Input "{{ f.input.title() }}": {{ f.input.dimensions() }}, the last index changing fastest. */
#define MODEL_INPUT_ELEMENTS {{ f.input.elements }}u
typedef {{ f.input.c() }} model_input_t;

/* Output "{{ f.output.title() }}": {{ f.output.dimensions() }}, the last index changing fastest. */
#define MODEL_OUTPUT_ELEMENTS {{ f.output.elements }}u
typedef {{ f.output.c() }} model_output_t;

/* model_run was linked without model.ld, or the data lies elsewhere. */
#define MODEL_MISPLACED (-1)

/* Runs the network on MODEL_INPUT_ELEMENTS numbers and writes MODEL_OUTPUT_ELEMENTS. Waits for the
 * NPU, before it starts, too. Returns 0, the NPU's error cause (NPU_CAUSE_... of systole_npu.h), or
 * MODEL_MISPLACED. Not for two callers at a time. */
int model_run(const model_input_t *input, model_output_t *output);

/* The ends of model_run alone, which do not touch the NPU: numbers to the codes that it takes, and
 * its codes to numbers. For firmware that does something else while the NPU works. */
void model_prepare(const model_input_t *input, volatile int8_t *codes);
void model_finish(const volatile int8_t *codes, model_output_t *output);

#ifdef __cplusplus
}
#endif

#endif
