/* A console ring whose indices lie. It cannot print any more afterwards: it says so before. */
#include "kernel.h"

void console_mode(void)
{
    uint64_t pfn = ((uint64_t *)0xffff800000000000ul)[start_info->console.domU.mfn];
    volatile struct xencons_interface *console = (volatile struct xencons_interface *)(VIRT_BASE + pfn * PAGE);
    uint32_t port = start_info->console.domU.evtchn;
    put("HOSTILE-DONE\n");
    while (console->out_cons != console->out_prod)
        yield();
    for (uint64_t round = 0; round < rounds; round++) {
        /* Lots of text, controls and terminal sequences among it; then lies. */
        for (int i = 0; i < 200; i++) {
            while (console->out_prod - console->out_cons > sizeof(console->out) - 8) {
                notify(port);
                yield();
            }
            for (int j = 0; j < 8; j++)
                console->out[(console->out_prod + (uint32_t)j) & (sizeof(console->out) - 1)] = (char)(rnd() & (below(2) ? 0xff : 0x1f));
            mb();
            console->out_prod += 8;
            notify(port);
        }
    }
    for (int i = 0; i < 1000; i++) {
        console->out_prod = (uint32_t)rnd();
        console->out_cons = (uint32_t)rnd();
        console->in_cons = (uint32_t)rnd();
        console->in_prod = (uint32_t)rnd();
        notify(port);
    }
}
