// Integer and memory programs: sorting, hashing, calls, pointer chasing.
#include "clock.h"
#include <stdint.h>

static uint32_t seed = 1;
static uint32_t next_random(void) { return seed = seed * 1664525u + 1013904223u; }

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void sort(void)
{
    enum { count = 200000 };
    static uint32_t values[count];
    for (int i = 0; i < count; i++) values[i] = next_random();
    qsort(values, count, sizeof values[0], by_value);
}

static uint64_t hash(void)
{
    static uint8_t bytes[1 << 20];
    uint64_t h = 1469598103934665603u;
    for (size_t i = 0; i < sizeof bytes; i++) h = (h ^ bytes[i]) * 1099511628211u;
    bytes[h & 0xfffff]++;
    return h;
}

__attribute__((noinline)) static int calls(int n) { return n < 2 ? n : calls(n - 1) + calls(n - 2); }

static void chase(const char *name, size_t bytes)
{
    size_t count = bytes / 64;
    char *memory = aligned_alloc(4096, bytes);
    uint32_t *order = malloc(count * sizeof *order);
    for (size_t i = 0; i < count; i++) order[i] = i;
    for (size_t i = count - 1; i > 0; i--) {
        size_t j = (((uint64_t)next_random() << 20) ^ next_random()) % i;
        uint32_t t = order[i]; order[i] = order[j]; order[j] = t;
    }
    for (size_t i = 0; i < count; i++) *(void **)(memory + 64ul * order[i]) = memory + 64ul * order[(i + 1) % count];
    void **p = (void **)memory;
    MEASURE(name, 3000000, p = *p);
    if (p == NULL) puts("never");
    free(order);
    free(memory);
}

int main(void)
{
    volatile uint64_t sink = 0;
    MEASURE("int.qsort", 2, sort());
    MEASURE("int.hash", 20, sink += hash());
    MEASURE("int.calls", 1, sink += calls(32));
    chase("mem.chase-1M", 1ul << 20);
    chase("mem.chase-8M", 8ul << 20);
    chase("mem.chase-64M", 64ul << 20);
    return (int)(sink & 0);
}
