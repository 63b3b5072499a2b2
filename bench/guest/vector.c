// SSE and AVX: arithmetic in registers, AES rounds, streaming over large arrays.
#include "clock.h"
#include <immintrin.h>

__attribute__((target("avx2,fma"))) static float avx_compute(void)
{
    __m256 a = _mm256_set1_ps(1.0001f), b = _mm256_set1_ps(0.9999f), c = a, d = b;
    for (int i = 0; i < 2000000; i++) {
        a = _mm256_fmadd_ps(a, b, c);
        c = _mm256_mul_ps(c, b);
        d = _mm256_add_ps(d, _mm256_min_ps(a, c));
        a = _mm256_sub_ps(a, c);
    }
    return _mm256_cvtss_f32(_mm256_add_ps(a, d));
}

static double sse_compute(void)
{
    __m128d a = _mm_set1_pd(1.0001), b = _mm_set1_pd(0.9999), c = a;
    for (int i = 0; i < 2000000; i++) {
        a = _mm_add_pd(_mm_mul_pd(a, b), c);
        c = _mm_sub_pd(c, _mm_mul_pd(a, _mm_set1_pd(1e-9)));
    }
    return _mm_cvtsd_f64(a);
}

__attribute__((target("aes"))) static int aes(void)
{
    __m128i block = _mm_set1_epi32(0x12345678), key = _mm_set1_epi32(0x0f1e2d3c);
    for (int i = 0; i < 2000000; i++) {
        block = _mm_aesenc_si128(block, key);
        block = _mm_aesenc_si128(block, key);
        block = _mm_aesenclast_si128(block, key);
        key = _mm_xor_si128(key, block);
    }
    return _mm_cvtsi128_si32(block);
}

enum { floats = 4 << 20 };
static float *x, *y;

__attribute__((target("avx2,fma"))) static void stream(void)
{
    __m256 k = _mm256_set1_ps(1.5f);
    for (int i = 0; i < floats; i += 8) _mm256_store_ps(y + i, _mm256_fmadd_ps(_mm256_load_ps(x + i), k, _mm256_load_ps(y + i)));
}

int main(void)
{
    volatile double sink = 0;
    x = aligned_alloc(4096, floats * sizeof *x);
    y = aligned_alloc(4096, floats * sizeof *y);
    for (int i = 0; i < floats; i++) x[i] = y[i] = i;
    MEASURE("vec.sse", 2, sink += sse_compute());
    MEASURE("vec.avx", 2, sink += avx_compute());
    MEASURE("vec.aes", 2, sink += aes());
    MEASURE("stream.avx", 10, stream());
    MEASURE("stream.memcpy", 10, memcpy(y, x, floats * sizeof *x));
    return (int)(sink * 0);
}
