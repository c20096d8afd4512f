/* Inputs and codes from standard input; codes and outputs of the ends alone to standard output. */
#include <stdio.h>
#include "model.h"
const uint8_t model_data_start[1];
static model_input_t input[MODEL_INPUT_ELEMENTS];
static model_output_t output[MODEL_OUTPUT_ELEMENTS];
static int8_t codes[MODEL_INPUT_ELEMENTS], results[MODEL_OUTPUT_ELEMENTS];
int main(void)
{
    while (fread(input, sizeof input, 1, stdin) == 1 &&
           fread(results, sizeof results, 1, stdin) == 1) {
        model_prepare(input, codes);
        fwrite(codes, sizeof codes, 1, stdout);
        model_finish(results, output);
        fwrite(output, sizeof output, 1, stdout);
    }
    return 0;
}
