/* Integer matrix product: (A B) v must equal A (B v). */
#include "runtime.h"

enum { N = 20 };

static int32_t a[N][N], b[N][N], c[N][N], v[N], bv[N];

int main(void)
{
    uint32_t state = 7;
    for (int i = 0; i < N; i++) {
        v[i] = (int32_t)random_word(&state);
        for (int j = 0; j < N; j++) {
            a[i][j] = (int32_t)random_word(&state);
            b[i][j] = (int8_t)random_word(&state);
        }
    }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            uint32_t sum = 0;
            for (int k = 0; k < N; k++)
                sum += (uint32_t)a[i][k] * (uint32_t)b[k][j];
            c[i][j] = (int32_t)sum;
        }
    for (int i = 0; i < N; i++) {
        uint32_t sum = 0;
        for (int k = 0; k < N; k++)
            sum += (uint32_t)b[i][k] * (uint32_t)v[k];
        bv[i] = (int32_t)sum;
    }
    for (int i = 0; i < N; i++) {
        uint32_t left = 0, right = 0;
        for (int k = 0; k < N; k++) {
            left += (uint32_t)c[i][k] * (uint32_t)v[k];
            right += (uint32_t)a[i][k] * (uint32_t)bv[k];
        }
        if (left != right)
            return 1;
    }
    print("matmul: (A B) v == A (B v)\n");
    return 0;
}
