/* Printing on the console ring. */
#include "kernel.h"

static struct xencons_interface *ring(void)
{
    uint64_t pfn = ((uint64_t *)0xffff800000000000ul)[start_info->console.domU.mfn];
    return (struct xencons_interface *)(VIRT_BASE + pfn * PAGE);
}

void put(const char *text)
{
    struct xencons_interface *console = ring();
    while (*text) {
        while (console->out_prod - *(volatile XENCONS_RING_IDX *)&console->out_cons >= sizeof(console->out)) {
            notify(start_info->console.domU.evtchn);
            yield();
        }
        console->out[MASK_XENCONS_IDX(console->out_prod, console->out)] = *text++;
        mb();
        console->out_prod++;
    }
    notify(start_info->console.domU.evtchn);
}

void put_number(uint64_t number) { put(number_text(number)); }
