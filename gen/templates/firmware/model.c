/* Made by `systole compile`: see model.h. */
#include "model.h"
#include "systole_npu.h"

_Static_assert(MODEL_LIST_ADDRESS % 32 == 0, "the NPU takes lists at multiples of 32 bytes");
_Static_assert(MODEL_DATA_ADDRESS + MODEL_DATA_BYTES <= MODEL_END, "the data ends in its memory");

/* Weights, parameters, tables and descriptors; model.ld places the section. */
const uint8_t model_data[MODEL_DATA_BYTES] __attribute__((section(".model_data"), used)) = {
{{ f.data_text() }}
};
{% if f.quantises() || f.softmax().is_some() %}
{%- let real = f.softmax().is_none() %}
/* To the nearest integer, of two the even one; for numbers within -1000 to 1000. */
static int32_t round_half_even({% if real %}float{% else %}double{% endif %} x)
{
    int32_t whole = (int32_t)x;
    {% if real %}float{% else %}double{% endif %} rest = x - ({% if real %}float{% else %}double{% endif %})whole;
    int odd = whole & 1;
    if (rest > 0.5f || (rest == 0.5f && odd))
        return whole + 1;
    if (rest < -0.5f || (rest == -0.5f && odd))
        return whole - 1;
    return whole;
}
{% endif %}
{%- if let Some(real) = f.input.real() %}
static int8_t quantise(float x)
{
    float steps = x / {{ real.scale }}f;
    if (steps != steps)
        return -128;
    if (steps < {{ real.lowest }}.0f)
        steps = {{ real.lowest }}.0f;
    if (steps > {{ real.highest }}.0f)
        steps = {{ real.highest }}.0f;
    return (int8_t)(round_half_even(steps) + ({{ real.zero_point }}));
}
{% endif %}
void model_prepare(const model_input_t *input, volatile int8_t *codes)
{
    for (uint32_t place = 0; place < MODEL_INPUT_ELEMENTS; place++)
{%- if f.quantises() %}
        codes[place] = quantise(input[{{ f.input.index() }}]);
{%- else if f.input.is_unsigned() %}
        codes[place] = (int8_t)(input[{{ f.input.index() }}] ^ 0x80);
{%- else %}
        codes[place] = input[{{ f.input.index() }}];
{%- endif %}
}
{% if f.softmax().is_some() %}
/* exp(-distance * scale) */
static const double powers[256] = {
{{ f.softmax_powers() }}
};

void model_finish(const volatile int8_t *codes, model_output_t *output)
{
    int32_t largest = -128;
    for (uint32_t place = 0; place < MODEL_OUTPUT_ELEMENTS; place++)
        if (codes[place] > largest)
            largest = codes[place];
    double sum = 0;
    for (uint32_t place = 0; place < MODEL_OUTPUT_ELEMENTS; place++)
        sum += powers[largest - codes[place]];
    for (uint32_t place = 0; place < MODEL_OUTPUT_ELEMENTS; place++) {
        int32_t share = round_half_even(powers[largest - codes[place]] / sum * 256.0);
        if (share > 255)
            share = 255;
        output[{{ f.output.index() }}] = (model_output_t)(share{% if !f.output.is_unsigned() %} - 128{% endif %});
    }
}
{% else %}
void model_finish(const volatile int8_t *codes, model_output_t *output)
{
    for (uint32_t place = 0; place < MODEL_OUTPUT_ELEMENTS; place++)
{%- if let Some(real) = f.output.real() %}
        output[{{ f.output.index() }}] = (float)(codes[place] - ({{ real.zero_point }})) * {{ real.scale }}f;
{%- else if f.output.is_unsigned() %}
        output[{{ f.output.index() }}] = (model_output_t)(codes[place] ^ 0x80);
{%- else %}
        output[{{ f.output.index() }}] = codes[place];
{%- endif %}
}
{% endif %}
/* Defined by model.ld at MODEL_DATA_ADDRESS. */
extern const uint8_t model_data_start[];

int model_run(const model_input_t *input, model_output_t *output)
{
    if ((uintptr_t)model_data_start != MODEL_DATA_ADDRESS)
        return MODEL_MISPLACED;
    npu_wait();
    model_prepare(input, (volatile int8_t *)(uintptr_t)MODEL_INPUT_ADDRESS);
    int cause = npu_run(MODEL_LIST_ADDRESS);
    if (cause == NPU_CAUSE_NONE)
        model_finish((const volatile int8_t *)(uintptr_t)MODEL_OUTPUT_ADDRESS, output);
    return cause;
}
