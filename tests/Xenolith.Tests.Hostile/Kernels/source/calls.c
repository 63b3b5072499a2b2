/* Hypercalls, used as they are meant. */
#include "kernel.h"

long hypercall(long number, long a, long b, long c, long d)
{
    register long r10 __asm__("r10") = d;
    long result;
    __asm__ volatile("syscall" : "=a"(result), "+D"(a), "+S"(b), "+d"(c), "+r"(r10) : "0"(number) : "rcx", "r11", "memory");
    return result;
}

uint64_t mfn_of(const void *page)
{
    return ((uint64_t *)start_info->mfn_list)[((uint64_t)page - VIRT_BASE) / PAGE];
}

uint32_t new_port(void)
{
    struct evtchn_alloc_unbound call = { .dom = DOMID_SELF, .remote_dom = 0 };
    return hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, (long)&call, 0, 0) == 0 ? call.port : 0;
}

void close_port(uint32_t port)
{
    struct evtchn_close call = { .port = port };
    hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_close, (long)&call, 0, 0);
}

void notify(uint32_t port)
{
    struct evtchn_send call = { .port = port };
    hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_send, (long)&call, 0, 0);
}

void yield(void)
{
    hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0);
}

grant_entry_v1_t *grants;
static uint8_t grant_window[4][PAGE] __attribute__((aligned(PAGE)));

void grants_ready(void)
{
    unsigned long frames[4];
    struct gnttab_setup_table call = { .dom = DOMID_SELF, .nr_frames = 4 };
    set_xen_guest_handle(call.frame_list, frames);
    hypercall(__HYPERVISOR_grant_table_op, GNTTABOP_setup_table, (long)&call, 1, 0);
    for (int i = 0; i < 4; i++)
        hypercall(__HYPERVISOR_update_va_mapping, (long)grant_window[i], (long)((frames[i] << 12) | 0x63), UVMF_INVLPG, 0);
    grants = (grant_entry_v1_t *)grant_window;
}

void lend(uint32_t gref, const void *page, int readonly)
{
    grants[gref].domid = 0;
    grants[gref].frame = (uint32_t)mfn_of(page);
    mb();
    grants[gref].flags = GTF_permit_access | (readonly ? GTF_readonly : 0);
}

void take_back(uint32_t gref) { grants[gref].flags = 0; }

/* A second vCPU in the same address space: on it, pages change while a backend reads them. */
static uint8_t second_stack[2 * PAGE] __attribute__((aligned(16)));
static vcpu_guest_context_t second_context;

static void (*second_body)(void);

static void second(void)
{
    while (racing >= 0)
        if (racing)
            second_body();
        else
            yield();
    for (;;)
        hypercall(__HYPERVISOR_vcpu_op, VCPUOP_down, 1, 0, 0);
}

void second_vcpu(void (*body)(void))
{
    second_body = body;
    uint64_t cr3;
    __asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
    second_context.flags = VGCF_in_kernel;
    second_context.user_regs.rip = (uint64_t)second;
    second_context.user_regs.rsp = (uint64_t)second_stack + sizeof(second_stack) - 8;
    second_context.user_regs.cs = FLAT_KERNEL_CS;
    second_context.user_regs.ss = FLAT_KERNEL_SS;
    second_context.ctrlreg[3] = cr3;
    hypercall(__HYPERVISOR_vcpu_op, VCPUOP_initialise, 1, (long)&second_context, 0);
    hypercall(__HYPERVISOR_vcpu_op, VCPUOP_up, 1, 0, 0);
}

/* A store that may fault: its page may just be a page table. The handler goes on behind it; it is the only fault there is. */
void poke(volatile void *at, uint64_t value)
{
    __asm__ volatile(".byte 0x48, 0x89, 0x02" : : "a"(value), "d"(at) : "memory"); /* mov %rax,(%rdx) */
}

void page_fault(void);
__asm__("page_fault: pop %rcx\npop %r11\nadd $8, %rsp\naddq $3, (%rsp)\npush $0\npush %rcx\npush %r11\npush %rax\nmov $23, %eax\nsyscall\n");

void faults_ready(void)
{
    static struct trap_info table[2] = { { .vector = 14, .cs = FLAT_KERNEL_CS } };
    table[0].address = (unsigned long)page_fault;
    hypercall(__HYPERVISOR_set_trap_table, (long)table, 0, 0, 0);
    second_context.trap_ctxt[14] = table[0];
}

void garbage(volatile void *at, uint32_t size)
{
    for (volatile uint64_t *word = at; size >= 8; size -= 8)
        poke(word++, rnd() & (below(4) ? ~0ul : 0xff00ff));
}

void garbage2(volatile void *at, uint32_t size)
{
    for (volatile uint64_t *word = at; size >= 8; size -= 8)
        poke(word++, rnd2());
}

void wipe(volatile void *at, uint32_t size)
{
    for (volatile uint64_t *word = at; size >= 8; size -= 8)
        poke(word++, 0);
}
