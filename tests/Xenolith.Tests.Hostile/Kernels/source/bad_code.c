/*
 * Random bytes, executed: in kernel mode, with registers that point into the pool. Exceptions, and a timer for what loops, go on with the next piece.
 * Where the stack pointer was lost, or the kernel overwrote itself, the domain dies, as it should.
 */
#include "kernel.h"

#define STACK 16384
#define PIECE 192

uint8_t code_stack[STACK] __attribute__((aligned(16)));
static struct trap_info traps[24];
static volatile uint64_t done;
static uint8_t shared_window[PAGE] __attribute__((aligned(PAGE)));

static uint8_t code_byte(void)
{
    static const uint8_t likely[] = { 0x0f, 0x0f, 0x66, 0xf2, 0xf3, 0x48, 0x49, 0x4c, 0xc4, 0xc5, 0x62, 0xf0, 0x64, 0x65, 0x67, 0xc7, 0xae, 0xff, 0xf7, 0x8e, 0x00, 0x01, 0x24, 0x25, 0x05, 0xc0 };
    return below(3) ? (uint8_t)rnd() : likely[below(sizeof(likely))];
}

static void piece(uint8_t *at)
{
    for (uint32_t i = 0; i < PIECE; i += 8) {
        uint64_t word = 0;
        for (int j = 0; j < 8; j++)
            word = word << 8 | code_byte();
        poke(at + i, word);
    }
    poke(at + PIECE, 0x0b0f0b0f0b0f0b0ful); /* ud2 */
}

__attribute__((used)) void code_next(void)
{
    volatile shared_info_t *shared = (volatile shared_info_t *)shared_window;
    hypercall(__HYPERVISOR_set_trap_table, (long)traps, 0, 0, 0);
    for (int i = 0; i < 64; i++)
        shared->evtchn_pending[i] = 0;
    shared->vcpu_info[0].evtchn_pending_sel = 0;
    shared->vcpu_info[0].evtchn_upcall_pending = 0;
    shared->vcpu_info[0].evtchn_upcall_mask = 0;
    if (++done > rounds) {
        struct sched_shutdown off = { .reason = SHUTDOWN_poweroff };
        hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (long)&off, 0, 0);
    }
    uint8_t *code = pool[below(32)] + below(PAGE - PIECE - 8);
    piece(code);
    uint64_t data = (uint64_t)pool[64 + below(64)] + below(2) * below(PAGE);
    __asm__ volatile("mov %0, %%rax\n mov %1, %%rbx\n mov %%rbx, %%rcx\n mov %%rbx, %%rdx\n mov %%rbx, %%rsi\n lea 4096(%%rbx), %%rdi\n lea 64(%%rbx), %%rbp\n"
                     "mov %%rbx, %%r8\n mov $7, %%r9\n mov %%rbx, %%r10\n xor %%r11, %%r11\n mov %%rbx, %%r12\n mov $-1, %%r13\n mov %%rbx, %%r14\n mov $16, %%r15\n"
                     "lea 8192(%%rbx), %%rsp\n jmp *%%rax"
                     : : "r"(code), "r"(data) : "memory");
    __builtin_unreachable();
}
__asm__("code_recover: lea code_stack+16368(%rip), %rsp\ncld\ncall code_next\nud2\n");
void code_recover(void);

void code_mode(void)
{
    for (int i = 0; i < POOL_PAGES; i++)
        for (int j = 0; j < PAGE; j += 8)
            poke(pool[i] + j, 0x0b0f0b0f0b0f0b0ful);
    for (uint8_t i = 0; i < 20; i++)
        traps[i] = (struct trap_info){ .vector = i, .flags = 4, .cs = FLAT_KERNEL_CS, .address = (unsigned long)code_recover };
    hypercall(__HYPERVISOR_update_va_mapping, (long)shared_window, (long)(start_info->shared_info | 0x63), UVMF_INVLPG, 0);
    hypercall(__HYPERVISOR_set_callbacks, (long)code_recover, (long)code_recover, (long)code_recover, 0);
    struct evtchn_bind_virq timer = { .virq = VIRQ_TIMER };
    hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, (long)&timer, 0, 0);
    struct vcpu_set_periodic_timer period = { .period_ns = 10 * 1000 * 1000 };
    hypercall(__HYPERVISOR_vcpu_op, VCPUOP_set_periodic_timer, 0, (long)&period, 0);
    code_recover();
}
