/* A guest that abuses its connection to xenstored: bad messages, fragments, watches and transactions without end, and at last a broken ring. */
#include "kernel.h"

static const char *paths[] = { "", "/", "device", "data", "/local/domain/0/name", "/local/domain/0", "data/a//b", "../1", "@releaseDomain", "memory/target", "/tool", "data/x", "control/shutdown" };

static void message(void)
{
    static char bytes[16 + 8192];
    struct xsd_sockmsg header = { .type = below(10) ? below(26) : (uint32_t)rnd(), .req_id = (uint32_t)rnd(), .tx_id = below(4) ? 0 : below(40) };
    uint32_t at = sizeof(header);
    for (uint32_t words = below(4); words; words--) {
        const char *path = paths[below(sizeof(paths) / sizeof(paths[0]))];
        size_t length = strlen(path) + 1;
        memcpy(bytes + at, path, length);
        at += (uint32_t)length;
    }
    for (uint32_t more = below(4) ? 0 : below(4000); more && at < 4096; more--)
        bytes[at++] = (char)rnd();
    header.len = at - sizeof(header);
    memcpy(bytes, &header, sizeof(header));
    uint32_t piece = 1 + below(below(2) ? at : 7);
    for (uint32_t done = 0; done < at; done += piece) {
        store_send(bytes + done, done + piece <= at ? piece : at - done);
        store_raw_drain();
    }
}

static void request(uint32_t type, uint32_t transaction, const char *a, const char *b)
{
    char payload[512];
    size_t first = strlen(a) + 1, second = b ? strlen(b) + (type == XS_WATCH) : 0;
    memcpy(payload, a, first);
    if (b)
        memcpy(payload + first, b, second);
    struct xsd_sockmsg header = { .type = type, .req_id = 1, .tx_id = transaction, .len = (uint32_t)(first + second) };
    store_send(&header, sizeof(header));
    store_send(payload, header.len);
    store_raw_drain();
}

void store_mode(void)
{
    for (uint64_t round = 0; round < rounds; round++) {
        for (int i = 0; i < 300; i++)
            message();
        for (uint64_t i = 0; i < 500; i++) {
            request(XS_WATCH, 0, "data", number_text(i));
            request(XS_TRANSACTION_START, 0, "", NULL);
            request(XS_WRITE, (uint32_t)i, join("data/", number_text(i)), "value");
            request(XS_WRITE, 0, join("data/", number_text(rnd())), "value");
        }
        put("ROUND ");
        put_number(round);
        put("\n");
    }
    put("HOSTILE-DONE\n");
    /* A length that no message has, then indices that no ring has. */
    struct xsd_sockmsg header = { .type = XS_WRITE, .len = 0xfffffff0 };
    store_send(&header, sizeof(header));
    for (int i = 0; i < 100; i++) {
        store_ring->req_prod = (uint32_t)rnd();
        store_ring->rsp_cons = (uint32_t)rnd();
        notify(start_info->store_evtchn);
    }
}
