/* Made by `systole compile`: runs the network on one input and ends with 0 if the output is the one
 * that the golden model gave, 1 if a number differs, 2 if the NPU stopped with an error. */
#include "model.h"
#include "runtime.h"

static const model_input_t input[MODEL_INPUT_ELEMENTS] = {
{{ f.input.example_text() }}
};

static const model_output_t expected[MODEL_OUTPUT_ELEMENTS] = {
{{ f.output.example_text() }}
};

static model_output_t output[MODEL_OUTPUT_ELEMENTS];

int main(void)
{
    int cause = model_run(input, output);
    if (cause != 0) {
        print("the NPU stopped, cause ");
        print_hex((uint32_t)cause);
        print("\n");
        return 2;
    }
    /* As bytes: 0 and -0 differ. */
    const volatile uint8_t *found = (const volatile uint8_t *)output;
    const uint8_t *wanted = (const uint8_t *)expected;
    for (uint32_t i = 0; i < sizeof output; i++) {
        if (found[i] != wanted[i]) {
            print("the output differs at element ");
            print_hex(i / sizeof output[0]);
            print("\n");
            return 1;
        }
    }
    print("all outputs are equal\n");
    return 0;
}
