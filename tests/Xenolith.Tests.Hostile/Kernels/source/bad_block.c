/* A block frontend that lies. */
#include "kernel.h"
#include <xen/io/blkif.h>

#define RING 0          /* pool pages 0..3: the ring; 4..: data and indirect pages */
#define RING_PAGES 4
#define GREFS 64

static uint32_t ring_pages;
static int following; /* most of the ring's requests follow each other on the disk */

static volatile struct blkif_sring *ring(void) { return (volatile struct blkif_sring *)pool[RING]; }

static uint32_t entries(void)
{
    uint32_t fit = (ring_pages * PAGE - 64) / sizeof(union blkif_sring_entry), power = 1;
    while (power * 2 <= fit)
        power *= 2;
    return power;
}

static uint32_t any_gref(void)
{
    switch (below(12)) {
    case 0: return (uint32_t)rnd();
    case 1: return below(16);
    case 2: return FIRST_GREF + below(ring_pages); /* its own ring as a buffer */
    default: return FIRST_GREF + RING_PAGES + below(GREFS - RING_PAGES);
    }
}

static uint64_t any_sector(void)
{
    switch (below(6)) {
    case 0: return rnd();
    case 1: return ~0ul - below(64);
    case 2: return (1ul << 55) + below(9);
    case 3: return 32768 - below(16); /* the end of a disk of 16 MiB */
    default: return below(32768);
    }
}

static void segment(volatile struct blkif_request_segment *at)
{
    uint32_t first = below(8), last = below(8);
    int wild = below(10) == 0;
    poke(at, any_gref() | (uint64_t)(wild ? rnd() & 0xff : first) << 32 | (uint64_t)(wild ? rnd() & 0xff : (first < last ? last : first)) << 40);
}

/* Reads or writes that follow each other, which a backend may take for one: some of them with a page that it must not have. */
static void follow(uint8_t *place)
{
    static uint64_t next;
    static uint32_t operation;
    uint32_t count = 1 + below(11);
    if (below(12) == 0) {
        next = any_sector();
        operation = below(2);
    }
    poke(place, operation | (uint64_t)count << 8 | rnd() << 16);
    poke(place + 8, rnd());
    poke(place + 16, next);
    for (uint32_t i = 0; i < count; i++)
        poke(place + 24 + 8 * i, (below(40) ? FIRST_GREF + RING_PAGES + below(GREFS - RING_PAGES) : any_gref()) | 7ul << 40);
    next += 8 * count;
}

static void request(uint32_t slot)
{
    volatile struct blkif_request *request = &ring()->ring[slot & (entries() - 1)].req;
    uint8_t *place = (uint8_t *)request;
    if (following) {
        follow(place);
        return;
    }
    uint32_t kind = below(10), operation = kind < 3 ? BLKIF_OP_READ : kind < 6 ? BLKIF_OP_WRITE : kind == 6 ? BLKIF_OP_INDIRECT : below(9) == 0 ? (uint32_t)rnd() & 0xff : below(8);
    if (below(40) == 0) {
        garbage(request, sizeof(*request));
        return;
    }
    if (operation == BLKIF_OP_INDIRECT) {
        uint32_t count = below(8) ? 1 + below(256) : (uint32_t)rnd() & 0xffff;
        poke(place, operation | (uint64_t)(below(16) ? below(2) : rnd() & 0xff) << 8 | (uint64_t)count << 16);
        poke(place + 8, rnd());
        poke(place + 16, any_sector());
        for (int i = 0; i < 8; i++)
            poke(place + 28 + 4 * i, any_gref() | (uint64_t)any_gref() << 32);
        volatile struct blkif_request_segment *list = (volatile void *)pool[RING_PAGES + below(GREFS - RING_PAGES)];
        for (int i = 0; i < 64; i++)
            segment(list + i);
        return;
    }
    uint32_t count = below(10) ? below(12) : (uint32_t)rnd() & 0xff;
    poke(place, operation | (uint64_t)count << 8 | rnd() << 16);
    poke(place + 8, rnd());
    poke(place + 16, any_sector());
    for (uint32_t i = 0; i < 11; i++)
        segment(&request->seg[i]);
}

/* The second vCPU: everything that is lent changes all the time. */
static void race(void)
{
    switch (rnd2() % 4) {
    case 0: garbage2(pool[RING] + 64 + (rnd2() % (ring_pages * PAGE - 128)) / 8 * 8, 48); break;
    case 1: garbage2(pool[RING_PAGES + rnd2() % (GREFS - RING_PAGES)] + rnd2() % 500 * 8, 96); break;
    case 2: grants[FIRST_GREF + RING_PAGES + rnd2() % (GREFS - RING_PAGES)].frame = (uint32_t)mfn_of(pool[rnd2() % GREFS]); break;
    default: grants[FIRST_GREF + RING_PAGES + rnd2() % (GREFS - RING_PAGES)].flags = (uint16_t)(rnd2() % 8); break;
    }
}

static void describe(uint32_t port)
{
    static const char *protocols[] = { "x86_64-abi", "x86_32-abi", "x86_64-abi", "x86_64-abi" };
    uint32_t order = 0;
    while (1u << (order + 1) <= ring_pages)
        order++;
    ring_pages = 1u << order;
    if (order) {
        for (uint32_t i = 0; i < ring_pages; i++)
            store_write_number(join(join(disk.front, "/ring-ref"), number_text(i)), FIRST_GREF + RING + i);
        store_request(XS_RM, 0, join(disk.front, "/ring-ref"), (uint32_t)strlen(disk.front) + 10, NULL, 0);
    } else {
        store_write_number(join(disk.front, "/ring-ref"), FIRST_GREF + RING);
    }
    store_write_number(join(disk.front, "/ring-page-order"), order);
    store_write_number(join(disk.front, "/event-channel"), port);
    store_write(join(disk.front, "/protocol"), protocols[below(4)]);
}

void block_mode(void)
{
    grants_ready();
    device_find(&disk, "vbd");
    ring_pages = 1;
    second_vcpu(race);
    for (uint64_t round = 0; round < rounds; round++) {
        uint32_t port = new_port(), produced = 0;
        racing = 0;
        ring_pages = 1 + below(4);
        for (uint32_t i = 0; i < GREFS; i++)
            lend(FIRST_GREF + i, pool[i], 0);
        wipe(pool[RING], PAGE);
        describe(port);
        if (device_connect(&disk, 3)) {
            store_write(join(disk.front, "/state"), "4");
            racing = (int)below(2);
            uint32_t length = below(4) ? 400 : 40;
            for (uint32_t i = 0; i < length; i++) {
                uint32_t some = 1 + below(entries() / 2);
                following = below(3) == 0;
                for (uint32_t j = 0; j < some; j++)
                    request(produced++);
                poke(&ring()->req_prod, produced | 1ul << 32); /* and asks to be told of everything */
                notify(port);
                if (below(8) == 0)
                    bad_grants(FIRST_GREF + (below(8) ? RING_PAGES : 0), GREFS - RING_PAGES);
                /* Wait for the answers, mostly: what overflows the ring ends the connection. */
                for (int wait = 0; below(300) && wait < 300 && ring()->rsp_prod != produced; wait++)
                    yield();
                if (ring()->rsp_prod != produced && below(20))
                    break;
                if (below(200) == 0)
                    garbage(pool[RING], 64);
            }
            poke(&ring()->req_prod, rnd());
            notify(port);
            device_broken(&disk);
        }
        racing = 0;
        if (below(4) == 0)
            close_port(port);
        if (below(4) == 0)
            wipe(grants + FIRST_GREF, GREFS * sizeof(*grants));
        put("ROUND ");
        put_number(round);
        put("\n");
        device_reset(&disk);
        close_port(port);
    }
}
