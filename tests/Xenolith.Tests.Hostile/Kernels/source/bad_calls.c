/*
 * Random hypercalls with random arguments, from every vCPU. An exception or an event drops what was being done and begins with the next call. Arguments
 * mostly name pages of the pool, so that the domain lives long enough to get somewhere; now and then they name anything.
 */
#include "kernel.h"
#include <xen/version.h>
#include <xen/physdev.h>
#include <xen/nmi.h>

#define STACK_SHIFT 14
#define VCPUS 4
#define FIRST_PAGE 128 /* of the pool: the grants' pages of other modes are left alone */
#define PAGES 64

struct row { uint64_t random; uint64_t calls; uint8_t *buffer; };
static uint8_t stacks[VCPUS][1 << STACK_SHIFT] __attribute__((aligned(1 << STACK_SHIFT)));
static uint8_t buffers[VCPUS][3 * PAGE] __attribute__((aligned(PAGE)));
static struct row rows[VCPUS] __attribute__((aligned(PAGE)));
static struct trap_info traps[24];
static uint64_t limit;
static volatile uint32_t ended;

static struct row *mine(void)
{
    uint64_t here;
    __asm__("mov %%rsp, %0" : "=r"(here));
    return &rows[(here - (uint64_t)stacks) >> STACK_SHIFT];
}

static uint64_t draw(struct row *row)
{
    row->random += 0x9e3779b97f4a7c15ul;
    uint64_t z = row->random;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ul;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebul;
    return z ^ (z >> 31);
}

static uint32_t less(struct row *row, uint32_t bound) { return (uint32_t)(draw(row) % bound); }
static uint8_t *any_page(struct row *row) { return pool[FIRST_PAGE + less(row, PAGES)]; }

static uint64_t any_mfn(struct row *row)
{
    switch (less(row, 2000)) {
    case 0: return draw(row);
    case 1: return draw(row) & 0xfffff;
    case 2: return mfn_of((void *)start_info->pt_base);
    case 3: return mfn_of(pool[0]) + less(row, 4096);
    case 4: return start_info->shared_info >> 12;
    default: return mfn_of(any_page(row));
    }
}

static uint64_t any_entry(struct row *row)
{
    static const uint16_t flags[] = { 0, 0x61, 0x63, 0x67, 0x65, 0x27, 0x161, 0xe7, 0x7b, 0x1 };
    uint64_t entry = any_mfn(row) << 12 | flags[less(row, sizeof(flags) / sizeof(flags[0]))];
    return less(row, 20) ? entry : entry ^ 1ul << less(row, 64);
}

static uint64_t any(struct row *row)
{
    static const uint64_t edges[] = { 0, 1, ~0ul, 0xffff800000000000ul, 0xffff87ffffffffffu, 0x7ffffffff000ul, 0x800000000000ul, 0x80000000ul, 0xfffffffful, 0x7ff0, 0x7fffffff };
    switch (less(row, 12)) {
    case 0: return draw(row);
    case 1: return edges[less(row, sizeof(edges) / sizeof(edges[0]))];
    case 2: return any_mfn(row);
    case 3: return any_entry(row);
    case 4: return (uint64_t)any_page(row) + less(row, PAGE);
    case 5: return (uint64_t)row->buffer + 2 * PAGE - less(row, 64);
    case 6: case 7: return (uint64_t)row->buffer;
    default: return less(row, 40);
    }
}

static void fill(struct row *row, uint32_t words)
{
    for (uint32_t i = 0; i < words; i++)
        ((uint64_t *)row->buffer)[i] = any(row);
}

static long op(struct row *row, long number, uint64_t command, uint32_t words)
{
    fill(row, words);
    return hypercall(number, (long)command, (long)(less(row, 30) ? (uint64_t)row->buffer : any(row)), (long)any(row), (long)any(row));
}

static void tables(struct row *row)
{
    mmu_update_t *list = (mmu_update_t *)row->buffer;
    uint32_t count = 1 + less(row, 12);
    for (uint32_t i = 0; i < count; i++) {
        list[i].ptr = any_mfn(row) << 12 | less(row, 512) * 8 | (less(row, 8) ? 0 : less(row, 8));
        list[i].val = less(row, 3) ? any_entry(row) : 0;
    }
    hypercall(__HYPERVISOR_mmu_update, (long)list, less(row, 50) ? count : (long)any(row), less(row, 4) ? 0 : (long)any_page(row), less(row, 20) ? DOMID_SELF : (long)any(row));
}

static void extended(struct row *row)
{
    static const uint32_t likely[] = { MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L2_TABLE, MMUEXT_PIN_L3_TABLE, MMUEXT_PIN_L4_TABLE, MMUEXT_UNPIN_TABLE, MMUEXT_UNPIN_TABLE, MMUEXT_NEW_USER_BASEPTR };
    mmuext_op_t *list = (mmuext_op_t *)row->buffer;
    uint32_t count = 1 + less(row, 4);
    for (uint32_t i = 0; i < count; i++) {
        list[i].cmd = less(row, 3) ? likely[less(row, sizeof(likely) / sizeof(likely[0]))] : less(row, 24);
        list[i].arg1.mfn = less(row, 12) ? any_mfn(row) : any(row);
        list[i].arg2.src_mfn = any(row);
        if (list[i].cmd == MMUEXT_NEW_BASEPTR && less(row, 3000))
            list[i].cmd = MMUEXT_TLB_FLUSH_ALL;
    }
    hypercall(__HYPERVISOR_mmuext_op, (long)list, less(row, 50) ? count : (long)any(row), 0, less(row, 20) ? DOMID_SELF : (long)any(row));
}

/* Makes a page a table: unmapped or mapped read-only first, or else it is refused. */
static void table(struct row *row)
{
    uint8_t *page = any_page(row);
    uint64_t mfn = mfn_of(page);
    for (uint32_t i = less(row, 6); i; i--)
        poke((uint64_t *)page + less(row, 512), any_entry(row));
    hypercall(__HYPERVISOR_update_va_mapping, (long)page, (long)(less(row, 2) ? 0 : mfn << 12 | 0x61), UVMF_INVLPG | UVMF_ALL, 0);
    mmuext_op_t pin = { .cmd = MMUEXT_PIN_L1_TABLE + less(row, 4), .arg1.mfn = mfn };
    hypercall(__HYPERVISOR_mmuext_op, (long)&pin, 1, 0, DOMID_SELF);
}

static void writable(struct row *row)
{
    uint8_t *page = any_page(row);
    mmuext_op_t unpin = { .cmd = MMUEXT_UNPIN_TABLE, .arg1.mfn = mfn_of(page) };
    if (less(row, 2))
        hypercall(__HYPERVISOR_mmuext_op, (long)&unpin, 1, 0, DOMID_SELF);
    hypercall(__HYPERVISOR_update_va_mapping, (long)page, (long)(mfn_of(page) << 12 | 0x63), UVMF_INVLPG | UVMF_ALL, 0);
}

static void mapping(struct row *row)
{
    hypercall(__HYPERVISOR_update_va_mapping, less(row, 4000) ? (long)any_page(row) : (long)any(row), (long)any_entry(row), less(row, 4) ? UVMF_INVLPG | UVMF_ALL : (long)less(row, 8), 0);
}

static void memory(struct row *row)
{
    struct xen_memory_exchange *exchange = (struct xen_memory_exchange *)row->buffer;
    uint64_t *list = (uint64_t *)(row->buffer + PAGE);
    uint32_t command = less(row, 4) ? less(row, 2) ? XENMEM_populate_physmap : XENMEM_decrease_reservation : less(row, 30);
    fill(row, 16);
    for (int i = 0; i < 64; i++)
        list[i] = command == XENMEM_populate_physmap ? less(row, 4096) : any_mfn(row);
    struct xen_memory_reservation *sides[] = { &exchange->in, &exchange->out };
    for (int i = 0; i < 2; i++) {
        set_xen_guest_handle(sides[i]->extent_start, less(row, 50) ? list + 64 * i : (uint64_t *)any(row));
        sides[i]->nr_extents = less(row, 50) ? 1 + less(row, 8) : any(row);
        sides[i]->extent_order = less(row, 4) ? 0 : less(row, 50) ? less(row, 4) : (unsigned)any(row);
        sides[i]->mem_flags = less(row, 10) ? 0 : (unsigned)any(row);
        sides[i]->domid = less(row, 20) ? DOMID_SELF : (domid_t)any(row);
    }
    exchange->nr_exchanged = less(row, 20) ? 0 : less(row, 8);
    if (command == XENMEM_exchange || less(row, 6) == 0)
        command = XENMEM_exchange;
    hypercall(__HYPERVISOR_memory_op, command | (less(row, 50) ? 0 : less(row, 64) << 6), (long)exchange, 0, 0);
}

static void anything(struct row *row);

static void several(struct row *row)
{
    static const uint8_t numbers[] = { __HYPERVISOR_mmu_update, __HYPERVISOR_update_va_mapping, __HYPERVISOR_mmuext_op, __HYPERVISOR_multicall, __HYPERVISOR_memory_op, __HYPERVISOR_xen_version, __HYPERVISOR_grant_table_op, __HYPERVISOR_event_channel_op, __HYPERVISOR_vcpu_op };
    multicall_entry_t *list = (multicall_entry_t *)(row->buffer + PAGE);
    uint32_t count = 1 + less(row, 8);
    fill(row, 64);
    for (uint32_t i = 0; i < count; i++) {
        list[i].op = less(row, 6) ? numbers[less(row, sizeof(numbers))] : less(row, 40);
        if (list[i].op == __HYPERVISOR_iret || list[i].op == __HYPERVISOR_sched_op || list[i].op == __HYPERVISOR_sched_op_compat || list[i].op == __HYPERVISOR_set_callbacks || list[i].op == __HYPERVISOR_set_trap_table)
            list[i].op = __HYPERVISOR_xen_version;
        for (int j = 0; j < 6; j++)
            list[i].args[j] = any(row);
    }
    hypercall(__HYPERVISOR_multicall, (long)list, less(row, 2000) ? count : (long)any(row), 0, 0);
}

static void grant(struct row *row)
{
    uint32_t command = less(row, 14);
    for (int i = 0; i < 8; i++)
        poke((uint64_t *)grants + FIRST_GREF + less(row, 900), any_mfn(row) << 32 | (less(row, 2) ? 0 : 7ul) << 16 | less(row, 8));
    fill(row, 64);
    if (command == GNTTABOP_copy) {
        struct gnttab_copy *copy = (struct gnttab_copy *)row->buffer;
        for (int i = 0; i < 4; i++) {
            copy[i].source.domid = copy[i].dest.domid = DOMID_SELF;
            copy[i].flags = (uint16_t)less(row, 4);
            copy[i].source.u.gmfn = copy[i].flags & 1 ? FIRST_GREF + less(row, 900) : any_mfn(row);
            copy[i].dest.u.gmfn = copy[i].flags & 2 ? FIRST_GREF + less(row, 900) : any_mfn(row);
            copy[i].source.offset = (uint16_t)less(row, 4096);
            copy[i].dest.offset = (uint16_t)less(row, 4096);
            copy[i].len = (uint16_t)less(row, 4096);
        }
    }
    if (command == GNTTABOP_map_grant_ref) {
        struct gnttab_map_grant_ref *map = (struct gnttab_map_grant_ref *)row->buffer;
        for (int i = 0; i < 4; i++)
            map[i] = (struct gnttab_map_grant_ref){ .host_addr = (uint64_t)any_page(row), .flags = less(row, 40), .ref = FIRST_GREF + less(row, 900), .dom = less(row, 9) ? DOMID_SELF : 0 };
    }
    if (command == GNTTABOP_unmap_grant_ref || command == GNTTABOP_unmap_and_replace) {
        struct gnttab_unmap_grant_ref *unmap = (struct gnttab_unmap_grant_ref *)row->buffer;
        for (int i = 0; i < 4; i++)
            unmap[i] = (struct gnttab_unmap_grant_ref){ .host_addr = (uint64_t)any_page(row), .dev_bus_addr = less(row, 3) ? 0 : any_mfn(row) << 12, .handle = less(row, 64) };
    }
    hypercall(__HYPERVISOR_grant_table_op, command, (long)row->buffer, less(row, 20) ? 1 + less(row, 4) : (long)any(row), 0);
}

static void schedule(struct row *row)
{
    switch (less(row, 12)) {
    case 0: /* an event ends it, if there is one */
        if (less(row, 300) == 0)
            hypercall(__HYPERVISOR_sched_op, SCHEDOP_block, 0, 0, 0);
        break;
    case 1: {
        uint32_t ports[8];
        struct sched_poll poll = { .nr_ports = less(row, 8), .timeout = 1 + less(row, 1000) };
        for (int i = 0; i < 8; i++)
            ports[i] = (uint32_t)any(row);
        set_xen_guest_handle(poll.ports, ports);
        hypercall(__HYPERVISOR_sched_op, SCHEDOP_poll, (long)&poll, 0, 0);
        break;
    }
    case 2:
        fill(row, 2);
        hypercall(__HYPERVISOR_sched_op, less(row, 300) ? SCHEDOP_remote_shutdown : SCHEDOP_watchdog, (long)any(row), 0, 0);
        break;
    case 3: hypercall(__HYPERVISOR_sched_op, 7 + (long)less(row, 60), (long)any(row), 0, 0); break;
    default: yield(); break;
    }
}

static void vcpu(struct row *row)
{
    static const uint8_t commands[] = { VCPUOP_initialise, VCPUOP_up, VCPUOP_is_up, VCPUOP_get_runstate_info, VCPUOP_register_runstate_memory_area, VCPUOP_set_periodic_timer, VCPUOP_stop_periodic_timer,
        VCPUOP_set_singleshot_timer, VCPUOP_stop_singleshot_timer, VCPUOP_register_vcpu_info, VCPUOP_send_nmi, VCPUOP_get_physid, VCPUOP_register_vcpu_time_memory_area, 14, 15 };
    fill(row, 16);
    hypercall(__HYPERVISOR_vcpu_op, commands[less(row, sizeof(commands))], less(row, 6) ? less(row, VCPUS) : (long)any(row), less(row, 10) ? (long)row->buffer : (long)any(row), 0);
}

static void processor(struct row *row)
{
    switch (less(row, 8)) {
    case 0: {
        uint64_t *list = (uint64_t *)row->buffer;
        for (int i = 0; i < 16; i++)
            list[i] = any_mfn(row);
        hypercall(__HYPERVISOR_set_gdt, (long)list, less(row, 20) ? less(row, 1024) : (long)any(row), 0, 0);
        break;
    }
    case 1: hypercall(__HYPERVISOR_update_descriptor, (long)(any_mfn(row) << 12 | less(row, 512) * 8), (long)(less(row, 2) ? 0x00affb000000ffffl : (long)draw(row)), 0, 0); break;
    case 2: hypercall(__HYPERVISOR_set_debugreg, less(row, 9), (long)any(row), 0, 0); break;
    case 3: hypercall(__HYPERVISOR_get_debugreg, less(row, 9), 0, 0, 0); break;
    case 4: hypercall(__HYPERVISOR_fpu_taskswitch, less(row, 2), 0, 0, 0); break;
    case 5: hypercall(__HYPERVISOR_set_segment_base, less(row, 6), (long)any(row), 0, 0); break;
    case 6: hypercall(__HYPERVISOR_vm_assist, less(row, 4), less(row, 40), 0, 0); break;
    default: hypercall(__HYPERVISOR_stack_switch, less(row, 2) ? FLAT_KERNEL_SS : (long)any(row), (long)(stacks[row - rows] + (1 << STACK_SHIFT)), 0, 0); break;
    }
}

static void anything(struct row *row)
{
    static const uint8_t left[] = { __HYPERVISOR_iret, __HYPERVISOR_set_callbacks, __HYPERVISOR_set_trap_table, __HYPERVISOR_sched_op, __HYPERVISOR_sched_op_compat, __HYPERVISOR_stack_switch, __HYPERVISOR_callback_op };
    long number = less(row, 70);
    for (size_t i = 0; i < sizeof(left); i++)
        if (number == left[i] && less(row, 3000))
            return;
    fill(row, 64);
    hypercall(number, (long)any(row), (long)any(row), (long)any(row), (long)any(row));
}

static void one(struct row *row)
{
    switch (less(row, 20)) {
    case 0: case 1: tables(row); break;
    case 2: extended(row); break;
    case 3: case 4: table(row); break;
    case 5: case 6: writable(row); break;
    case 7: case 8: mapping(row); break;
    case 9: memory(row); break;
    case 10: several(row); break;
    case 11: case 12: grant(row); break;
    case 13: op(row, __HYPERVISOR_event_channel_op, less(row, 16), 8); break;
    case 14: schedule(row); break;
    case 15: vcpu(row); break;
    case 16: processor(row); break;
    case 17: op(row, __HYPERVISOR_physdev_op, less(row, 32), 8); break;
    case 18: op(row, less(row, 2) ? __HYPERVISOR_xen_version : __HYPERVISOR_domctl, less(row, 14), 16); break;
    default: anything(row); break;
    }
}

static uint8_t shared_window[PAGE] __attribute__((aligned(PAGE)));

/* Nothing is pending any more, so that the next event comes. */
static void forget_events(struct row *row)
{
    volatile shared_info_t *shared = (volatile shared_info_t *)shared_window;
    for (int i = 0; i < 64; i++)
        shared->evtchn_pending[i] = 0;
    shared->vcpu_info[row - rows].evtchn_pending_sel = 0;
    shared->vcpu_info[row - rows].evtchn_upcall_pending = 0;
    shared->vcpu_info[row - rows].evtchn_upcall_mask = 0;
}

/* Where every exception and event goes on: on an empty stack. */
__attribute__((used)) void again(void)
{
    struct row *row = mine();
    hypercall(__HYPERVISOR_set_trap_table, (long)traps, 0, 0, 0);
    for (int i = 0; i < 3; i++)
        hypercall(__HYPERVISOR_update_va_mapping, (long)row->buffer + PAGE * i, (long)(mfn_of(row->buffer + PAGE * i) << 12 | 0x63), UVMF_INVLPG, 0);
    forget_events(row);
    while (row->calls < limit) {
        row->calls++;
        one(row);
    }
    __atomic_add_fetch(&ended, 1, __ATOMIC_SEQ_CST);
    if (row != rows)
        for (;;)
            hypercall(__HYPERVISOR_vcpu_op, VCPUOP_down, row - rows, 0, 0);
    struct sched_shutdown off = { .reason = SHUTDOWN_poweroff };
    hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (long)&off, 0, 0);
}
__asm__("recover: and $-16384, %rsp\nadd $16368, %rsp\ncall again\nud2\n");
void recover(void);

static void begin_on(struct row *row)
{
    static vcpu_guest_context_t context;
    uint64_t cr3;
    __asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
    memset(&context, 0, sizeof(context));
    context.flags = VGCF_in_kernel;
    context.user_regs.rip = (uint64_t)recover;
    context.user_regs.rsp = (uint64_t)stacks[row - rows] + (1 << STACK_SHIFT) - 64;
    context.user_regs.cs = FLAT_KERNEL_CS;
    context.user_regs.ss = FLAT_KERNEL_SS;
    context.ctrlreg[3] = cr3;
    context.event_callback_eip = context.failsafe_callback_eip = context.syscall_callback_eip = (unsigned long)recover;
    for (int i = 0; traps[i].address; i++)
        context.trap_ctxt[traps[i].vector] = traps[i];
    if (hypercall(__HYPERVISOR_vcpu_op, VCPUOP_initialise, row - rows, (long)&context, 0) == 0)
        hypercall(__HYPERVISOR_vcpu_op, VCPUOP_up, row - rows, 0, 0);
}

void calls_mode(void)
{
    for (uint8_t i = 0; i < 20; i++)
        traps[i] = (struct trap_info){ .vector = i, .flags = 4, .cs = FLAT_KERNEL_CS, .address = (unsigned long)recover };
    grants_ready();
    hypercall(__HYPERVISOR_update_va_mapping, (long)shared_window, (long)(start_info->shared_info | 0x63), UVMF_INVLPG, 0);
    limit = rounds;
    hypercall(__HYPERVISOR_set_trap_table, (long)traps, 0, 0, 0);
    hypercall(__HYPERVISOR_set_callbacks, (long)recover, (long)recover, (long)recover, 0);
    for (int i = 0; i < VCPUS; i++)
        rows[i] = (struct row){ .random = rnd(), .buffer = buffers[i] };
    struct evtchn_bind_virq timer = { .virq = VIRQ_TIMER };
    hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, (long)&timer, 0, 0);
    for (int i = 1; i < VCPUS; i++)
        begin_on(&rows[i]);
    __asm__ volatile("mov %0, %%rsp\njmp recover" : : "r"((uint64_t)stacks[0] + (1 << STACK_SHIFT) - 64));
}
