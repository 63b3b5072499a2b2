/* Event storms: every port that the guest has, as fast as it can, from two vCPUs. */
#include "kernel.h"

static void race(void)
{
    notify((uint32_t)(rnd2() % 24));
}

void storm_mode(void)
{
    grants_ready();
    device_find(&disk, "vbd");
    second_vcpu(race);
    racing = 1;
    for (uint64_t round = 0; round < rounds; round++) {
        for (int i = 0; i < 20000; i++) {
            notify(below(24));
            if (below(100) == 0)
                close_port(new_port());
        }
        put("ROUND ");
        put_number(round);
        put("\n");
    }
    racing = 0;
}
