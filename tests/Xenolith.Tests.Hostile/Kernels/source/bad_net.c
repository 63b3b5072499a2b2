/* A network frontend that lies, and sends its neighbours what no network card would. */
#include "kernel.h"
#include <xen/io/netif.h>

#define TX 0
#define RX 1
#define DATA 2
#define GREFS 96


static volatile struct netif_tx_sring *tx(void) { return (volatile struct netif_tx_sring *)pool[TX]; }
static volatile struct netif_rx_sring *rx(void) { return (volatile struct netif_rx_sring *)pool[RX]; }

static uint32_t any_gref(void)
{
    switch (below(2000)) {
    case 0: return (uint32_t)rnd();
    case 1: return FIRST_GREF + below(2);
    default: return FIRST_GREF + DATA + below(GREFS - DATA);
    }
}

/* Something that looks like a frame, with lies in it. */
static void frame(uint8_t *at)
{
    static const uint8_t beginning[] = {
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x16, 0x3e, 1, 2, 3, 0x08, 0x00,
        0x45, 0, 0x40, 0, 0, 1, 0, 0, 64, 6, 0, 0, 10, 9, 1, 9, 10, 9, 1, 1,
        0x12, 0x34, 0, 80, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 1, 0, 0, 0, 0, 0 };
    uint8_t copy[64] __attribute__((aligned(8))) = { 0 };
    memcpy(copy, beginning, sizeof(beginning));
    if (below(2))
        for (int i = 0; i < 6; i++)
            copy[i] = (uint8_t)rnd();
    if (below(4) == 0)
        copy[23] = below(2) ? 17 : (uint8_t)rnd();
    if (below(4) == 0) {
        copy[12] = 0x86;
        copy[13] = 0xdd;
        copy[14] = 0x60;
        copy[20] = (uint8_t)(below(3) ? 6 : rnd());
    }
    for (uint32_t lies = below(4); lies; lies--)
        copy[12 + below(52)] = (uint8_t)rnd();
    for (int i = 0; i < 8; i++)
        poke(at + 8 * i, ((uint64_t *)copy)[i]);
}

static uint32_t send(uint32_t produced)
{
    uint32_t slots = below(6) ? 1 : 1 + below(below(100) ? 18 : 24), extras = below(4) == 0 ? 1 + below(3) : 0;
    uint32_t sizes[24], total = 0;
    for (uint32_t i = 0; i < slots; i++)
        total += sizes[i] = below(8) ? 60 + below(4037) : below(4) ? 14 + below(50) : below(4097);
    if (below(200) == 0)
        total = (uint32_t)rnd() & 0xffff;
    uint32_t gref = any_gref(), wild = below(500) == 0;
    frame(pool[gref % POOL_PAGES]);
    for (uint32_t i = 0; i < slots; i++) {
        volatile struct netif_tx_request *request = &tx()->ring[produced++ & 255].req;
        uint32_t flags = (i + 1 < slots ? NETTXF_more_data : 0) | (i == 0 && extras ? NETTXF_extra_info : 0) | (below(2) ? NETTXF_csum_blank | NETTXF_data_validated : 0);
        uint32_t offset = wild ? (uint32_t)rnd() & 0xffff : 0, size = i == 0 ? total : wild ? (uint32_t)rnd() & 0xffff : sizes[i];
        if (wild && below(8) == 0)
            flags = (uint32_t)rnd() & 0xffff;
        poke(request, gref | (uint64_t)offset << 32 | (uint64_t)flags << 48);
        *(volatile uint32_t *)((volatile uint8_t *)request + 8) = (uint32_t)(rnd() & 0xffff) | size << 16;
        for (uint32_t j = 0; i == 0 && j < extras; j++) {
            volatile struct netif_extra_info *extra = (volatile struct netif_extra_info *)&tx()->ring[produced++ & 255];
            uint32_t type = below(400) ? 1 + below(3) : (uint32_t)rnd() & 0xff;
            poke(extra, type | (j + 1 < extras ? 0x100 : 0) | (uint64_t)(below(400) ? 1 + below(3000) : 0) << 16 | (uint64_t)(below(400) ? 1 + below(2) : rnd() & 0xff) << 32);
        }
        gref = any_gref();
    }
    return produced;
}

static void race(void)
{
    switch (rnd2() % 4) {
    case 0: garbage2(pool[rnd2() % 2] + 64 + rnd2() % 480 * 8, 8); break;
    case 1: garbage2(pool[DATA + rnd2() % (GREFS - DATA)] + rnd2() % 32 * 8, 16); break;
    case 2: grants[FIRST_GREF + DATA + rnd2() % (GREFS - DATA)].frame = (uint32_t)mfn_of(pool[rnd2() % GREFS]); break;
    default: garbage2(pool[DATA + rnd2() % (GREFS - DATA)], 64); break;
    }
}

static void describe(uint32_t port, uint32_t second)
{
    static const char *flags[] = { "/feature-sg", "/feature-gso-tcpv4", "/feature-gso-tcpv6", "/feature-no-csum-offload", "/feature-ipv6-csum-offload", "/feature-rx-notify", "/request-multicast-control" };
    store_write(join(vif.front, "/request-rx-copy"), "1");
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        store_write_number(join(vif.front, flags[i]), below(2));
    store_write_number(join(vif.front, "/tx-ring-ref"), FIRST_GREF + TX);
    store_write_number(join(vif.front, "/rx-ring-ref"), FIRST_GREF + RX);
    store_write_number(join(vif.front, "/event-channel"), port);
    if (second) {
        store_write_number(join(vif.front, "/event-channel-tx"), port);
        store_write_number(join(vif.front, "/event-channel-rx"), second);
    } else {
        store_request(XS_RM, 0, join(vif.front, "/event-channel-tx"), (uint32_t)strlen(vif.front) + 18, NULL, 0);
    }
}

void net_mode(void)
{
    grants_ready();
    device_find(&vif, "vif");
    second_vcpu(race);
    for (uint64_t round = 0; round < rounds; round++) {
        uint32_t port = new_port(), second = below(2) ? new_port() : 0, sent = 0, lent = 0;
        racing = 0;
        for (uint32_t i = 0; i < GREFS; i++)
            lend(FIRST_GREF + i, pool[i], 0);
        wipe(pool[TX], PAGE);
        wipe(pool[RX], PAGE);
        describe(port, second);
        if (device_connect(&vif, below(2) ? 4 : 3)) {
            racing = below(5) == 0;
            uint32_t length = below(4) ? 600 : 60;
            for (uint32_t i = 0; i < length; i++) {
                while (lent - rx()->rsp_prod < 200) {
                    poke((volatile uint8_t *)&rx()->ring[lent & 255], (lent & 0xffff) | (uint64_t)any_gref() << 32);
                    lent++;
                }
                poke(&rx()->req_prod, lent | 1ul << 32);
                for (uint32_t packets = 1 + below(8); packets && sent - tx()->rsp_prod < 220; packets--)
                    sent = send(sent);
                poke(&tx()->req_prod, sent | 1ul << 32);
                notify(port);
                if (second)
                    notify(second);
                if (below(200) == 0)
                    bad_grants(FIRST_GREF + DATA, GREFS - DATA);
                for (int wait = 0; wait < 300 && tx()->rsp_prod != sent; wait++)
                    yield();
                if (tx()->rsp_prod != sent && below(20))
                    break;
                if (below(300) == 0)
                    garbage(pool[below(2)], 64);
            }
            poke(below(2) ? (volatile void *)&rx()->req_prod : (volatile void *)&tx()->req_prod, rnd());
            notify(port);
            device_broken(&vif);
        }
        racing = 0;
        if (below(4) == 0)
            close_port(port);
        put("ROUND ");
        put_number(round);
        put("\n");
        device_reset(&vif);
        close_port(port);
        if (second)
            close_port(second);
    }
}
