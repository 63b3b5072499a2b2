/* Entry, notes, command line, the table of modes. */
#include "kernel.h"

#define NOTE(type, data) \
    ".pushsection .note.Xen,\"a\",@note\n.p2align 2\n.long 4, 2f-1f, " #type "\n.asciz \"Xen\"\n1: " data "\n2: .p2align 2\n.popsection\n"
__asm__(NOTE(6, ".asciz \"hostile\"") NOTE(5, ".asciz \"xen-3.0\"") NOTE(8, ".asciz \"generic\"")
    NOTE(3, ".quad 0xffffffff80000000") NOTE(4, ".quad 0") NOTE(1, ".quad _start")
    ".globl _start\n_start: cld\nlea stack_end(%rip), %rsp\nmov %rsi, %rdi\ncall begin\n1: jmp 1b\n");

__attribute__((used, aligned(16))) static uint8_t stack[4 * PAGE];
__asm__(".globl stack_end\n.set stack_end, stack + 16384\n");

start_info_t *start_info;
uint8_t pool[POOL_PAGES][PAGE] __attribute__((aligned(PAGE)));
uint64_t rounds = 10;
volatile int racing;
static uint64_t state = 1, state2 = 2;

static uint64_t step(uint64_t *s)
{
    *s += 0x9e3779b97f4a7c15ul;
    uint64_t z = *s;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ul;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebul;
    return z ^ (z >> 31);
}

uint64_t rnd(void) { return step(&state); }
uint64_t rnd2(void) { return step(&state2); }

void *memcpy(void *to, const void *from, size_t size)
{
    void *start = to;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
    return start;
}

void *memset(void *at, int value, size_t size)
{
    void *start = at;
    __asm__ volatile("rep stosb" : "+D"(at), "+c"(size) : "a"(value) : "memory");
    return start;
}

size_t strlen(const char *text)
{
    size_t length = 0;
    while (text[length])
        length++;
    return length;
}

static const char *word(const char *name)
{
    const char *line = (const char *)start_info->cmd_line;
    size_t length = strlen(name);
    for (; *line; line++) {
        size_t i = 0;
        while (i < length && line[i] == name[i])
            i++;
        if (i == length)
            return line + length;
    }
    return "";
}

static uint64_t number(const char *name, uint64_t otherwise)
{
    const char *text = word(name);
    if (*text < '0' || *text > '9')
        return otherwise;
    uint64_t value = 0;
    while (*text >= '0' && *text <= '9')
        value = value * 10 + (uint64_t)(*text++ - '0');
    return value;
}

static const struct { const char *name; void (*run)(void); } modes[] = {
    { "block", block_mode }, { "net", net_mode }, { "console", console_mode }, { "store", store_mode }, { "xenbus", xenbus_mode }, { "storm", storm_mode }, { "calls", calls_mode }, { "code", code_mode },
};

/* Sleeps for ever, on a port that nobody sends to. */
static void rest(void)
{
    evtchn_port_t port = new_port();
    struct sched_poll call = { .nr_ports = 1 };
    set_xen_guest_handle(call.ports, &port);
    for (;;)
        hypercall(__HYPERVISOR_sched_op, SCHEDOP_poll, (long)&call, 0, 0);
}

__attribute__((used)) void begin(start_info_t *info)
{
    start_info = info;
    faults_ready();
    state = number("seed=", 1);
    state2 = ~state;
    rounds = number("rounds=", 10);
    const char *mode = word("mode=");
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        size_t length = strlen(modes[i].name), at = 0;
        while (at < length && mode[at] == modes[i].name[at])
            at++;
        if (at == length) {
            put("HOSTILE-BEGIN\n");
            modes[i].run();
            racing = -1;
            put("HOSTILE-DONE\n");
            break;
        }
    }
    rest();
}
