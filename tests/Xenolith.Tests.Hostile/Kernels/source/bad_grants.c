/* What is done to pages while a backend uses them. */
#include "kernel.h"

static void lose(uint8_t *page)
{
    uint64_t mfn = mfn_of(page), pfn = ((uint64_t)page - VIRT_BASE) / PAGE;
    struct xen_memory_reservation call = { .nr_extents = 1, .extent_order = 0, .domid = DOMID_SELF };
    set_xen_guest_handle(call.extent_start, &mfn);
    if (below(2))
        hypercall(__HYPERVISOR_update_va_mapping, (long)page, 0, UVMF_INVLPG, 0);
    hypercall(__HYPERVISOR_memory_op, XENMEM_decrease_reservation, (long)&call, 0, 0);
    uint64_t fresh = pfn;
    set_xen_guest_handle(call.extent_start, &fresh);
    if (hypercall(__HYPERVISOR_memory_op, XENMEM_populate_physmap, (long)&call, 0, 0) != 1) {
        put("STUCK: a page given up is not to be had again\n");
        return;
    }
    ((uint64_t *)start_info->mfn_list)[pfn] = fresh;
    hypercall(__HYPERVISOR_update_va_mapping, (long)page, (long)((fresh << 12) | 0x63), UVMF_INVLPG, 0);
}

static void make_table(uint8_t *page)
{
    uint64_t mfn = mfn_of(page);
    wipe(page, PAGE);
    hypercall(__HYPERVISOR_update_va_mapping, (long)page, (long)((mfn << 12) | 0x61), UVMF_INVLPG, 0);
    mmuext_op_t pin = { .cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = mfn };
    long refused = hypercall(__HYPERVISOR_mmuext_op, (long)&pin, 1, 0, DOMID_SELF);
    for (int i = 0; i < 50; i++)
        yield();
    mmuext_op_t unpin = { .cmd = MMUEXT_UNPIN_TABLE, .arg1.mfn = mfn };
    if (!refused)
        hypercall(__HYPERVISOR_mmuext_op, (long)&unpin, 1, 0, DOMID_SELF);
    hypercall(__HYPERVISOR_update_va_mapping, (long)page, (long)((mfn << 12) | 0x63), UVMF_INVLPG, 0);
}

void bad_grants(uint32_t first, uint32_t count)
{
    uint32_t gref = first + below(count);
    uint8_t *page = pool[gref % POOL_PAGES];
    switch (below(8)) {
    case 0: take_back(gref); break;
    case 1: lend(gref, page, 1); break;
    case 2: grants[gref].frame = (uint32_t)rnd(); break;
    case 3: grants[gref].flags = (uint16_t)rnd(); break;
    case 4: lose(page); break;
    case 5: make_table(page); break;
    case 6: {
        struct gnttab_set_version call = { .version = 1 + below(2) };
        hypercall(__HYPERVISOR_grant_table_op, GNTTABOP_set_version, (long)&call, 1, 0);
        call.version = 1;
        hypercall(__HYPERVISOR_grant_table_op, GNTTABOP_set_version, (long)&call, 1, 0);
        break;
    }
    default: {
        struct gnttab_swap_grant_ref call = { .ref_a = gref, .ref_b = first + below(count) };
        hypercall(__HYPERVISOR_grant_table_op, GNTTABOP_swap_grant_ref, (long)&call, 1, 0);
        break;
    }
    }
}
