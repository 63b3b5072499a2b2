// A program's own measurement: repeats `body` until it has run long enough, prints the best of three as nanoseconds an iteration.
#pragma once
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

#define MEASURE(name, iterations, body)                                      \
    do {                                                                     \
        double best = 1e30;                                                  \
        for (int round = 0; round < 3; round++) {                            \
            double start = now();                                            \
            for (long i = 0; i < (long)(iterations); i++) { body; }          \
            double each = (now() - start) / (double)(iterations);            \
            if (each < best) best = each;                                    \
        }                                                                    \
        printf("BENCH %s %.1f\n", name, best);                               \
        fflush(stdout);                                                      \
    } while (0)
