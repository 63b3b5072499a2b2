/* The xenstore ring, used as it is meant: one request at a time. */
#include "kernel.h"

volatile struct xenstore_domain_interface *store_ring;

static void ready(void)
{
    uint64_t pfn = ((uint64_t *)0xffff800000000000ul)[start_info->store_mfn];
    store_ring = (struct xenstore_domain_interface *)(VIRT_BASE + pfn * PAGE);
}

void store_send(const void *bytes, uint32_t length)
{
    if (!store_ring)
        ready();
    for (uint32_t i = 0; i < length; i++) {
        while (store_ring->req_prod - store_ring->req_cons >= XENSTORE_RING_SIZE) {
            store_raw_drain(); /* nobody reads replies while we only send */
            yield();
        }
        store_ring->req[MASK_XENSTORE_IDX(store_ring->req_prod)] = ((const char *)bytes)[i];
        mb();
        store_ring->req_prod++;
        if ((i & 255) == 255)
            notify(start_info->store_evtchn);
    }
    notify(start_info->store_evtchn);
}

void store_raw_drain(void)
{
    if (!store_ring)
        ready();
    store_ring->rsp_cons = store_ring->rsp_prod;
    mb();
    notify(start_info->store_evtchn);
}

static void receive(void *to, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++) {
        while (store_ring->rsp_prod == store_ring->rsp_cons)
            yield();
        char byte = store_ring->rsp[MASK_XENSTORE_IDX(store_ring->rsp_cons)];
        mb();
        store_ring->rsp_cons++;
        if (to)
            ((char *)to)[i] = byte;
        notify(start_info->store_evtchn);
    }
}

/* The reply's length, or -1 for an error. */
int store_request(uint32_t type, uint32_t transaction, const void *payload, uint32_t length, char *reply, uint32_t room)
{
    static uint32_t last = 1000;
    struct xsd_sockmsg header = { .type = type, .req_id = ++last, .tx_id = transaction, .len = length };
    store_send(&header, sizeof(header));
    store_send(payload, length);
    for (;;) {
        receive(&header, sizeof(header));
        char rest[4096];
        uint32_t size = header.len <= sizeof(rest) ? header.len : sizeof(rest);
        receive(rest, size);
        if (header.req_id != last || header.type == XS_WATCH_EVENT)
            continue;
        if (header.type == XS_ERROR)
            return -1;
        if (reply && room) {
            uint32_t some = size < room - 1 ? size : room - 1;
            memcpy(reply, rest, some);
            reply[some] = 0;
        }
        return (int)size;
    }
}

void store_write(const char *path, const char *value)
{
    char payload[512];
    size_t a = strlen(path) + 1, b = strlen(value);
    memcpy(payload, path, a);
    memcpy(payload + a, value, b);
    store_request(XS_WRITE, 0, payload, (uint32_t)(a + b), NULL, 0);
}

void store_write_number(const char *path, uint64_t value) { store_write(path, number_text(value)); }

uint64_t store_read_number(const char *path)
{
    char reply[64];
    if (store_request(XS_READ, 0, path, (uint32_t)strlen(path) + 1, reply, sizeof(reply)) <= 0)
        return ~0ul;
    uint64_t value = 0;
    for (char *at = reply; *at >= '0' && *at <= '9'; at++)
        value = value * 10 + (uint64_t)(*at - '0');
    return value;
}

/* Texts in a few buffers that are used in turn. */
static char texts[16][256];
static int next_text;

char *number_text(uint64_t number)
{
    char *text = texts[next_text++ & 15] + 200;
    *text = 0;
    do
        *--text = (char)('0' + number % 10);
    while (number /= 10);
    return text;
}

char *join(const char *a, const char *b)
{
    char *text = texts[next_text++ & 15];
    memcpy(text, a, strlen(a));
    memcpy(text + strlen(a), b, strlen(b) + 1);
    return text;
}
