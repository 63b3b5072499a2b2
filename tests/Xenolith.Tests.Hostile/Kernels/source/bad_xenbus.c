/* Frontends that say anything in the store, in any order. */
#include "kernel.h"

static const char *nodes[] = { "/ring-ref", "/ring-ref0", "/ring-ref1", "/ring-page-order", "/num-ring-pages", "/event-channel", "/protocol", "/multi-queue-num-queues", "/tx-ring-ref", "/rx-ring-ref",
    "/event-channel-tx", "/event-channel-rx", "/request-rx-copy", "/ctrl-ring-ref", "/queue-0/tx-ring-ref", "/queue-0/event-channel", "/backend", "/backend-id", "/mac", "/virtual-device", "/mtu" };

static void node(struct device *device)
{
    char *path = join(device->front, nodes[below(sizeof(nodes) / sizeof(nodes[0]))]);
    switch (below(20)) {
    case 0: store_write(path, ""); break;
    case 1: store_write(path, "-1"); break;
    case 2: store_write(path, "99999999999999999999999999"); break;
    case 3: store_request(XS_RM, 0, path, (uint32_t)strlen(path) + 1, NULL, 0); break;
    case 4: store_write(path, "x86_64-abi\t%s%n/../..'\"$(reboot)"); break;
    case 5: store_write_number(path, rnd()); break;
    case 6: case 7: { /* what every backend refuses, taken back */
        char *refused = join(device->front, below(2) ? "/ctrl-ring-ref" : "/multi-queue-num-queues");
        store_request(XS_RM, 0, refused, (uint32_t)strlen(refused) + 1, NULL, 0);
        break;
    }
    case 8: store_write(join(device->front, "/request-rx-copy"), "1"); break;
    default: store_write_number(path, below(24)); break;
    }
}

void xenbus_mode(void)
{
    grants_ready();
    device_find(&disk, "vbd");
    device_find(&vif, "vif");
    for (uint32_t i = 0; i < 16; i++)
        lend(i + 8, pool[i], (int)below(2));
    for (uint32_t i = 0; i < 8; i++)
        new_port();
    for (uint64_t round = 0; round < rounds; round++) {
        for (int i = 0; i < 300; i++) {
            struct device *device = below(2) ? &disk : &vif;
            node(device);
            if (below(3) == 0)
                store_write_number(join(device->front, "/state"), below(12) ? 1 + below(6) : rnd());
            if (round + 1 == rounds && below(100) == 0)
                store_request(XS_RM, 0, device->front, (uint32_t)strlen(device->front) + 1, NULL, 0);
        }
        put("ROUND ");
        put_number(round);
        put("\n");
    }
}
