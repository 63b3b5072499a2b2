/* A frontend's half of the xenbus handshake. */
#include "kernel.h"

struct device disk, vif;
static char paths[4][128];
static int used_paths;

/* The first device of a kind. */
void device_find(struct device *device, const char *kind)
{
    char reply[256];
    char *directory = join("device/", kind);
    store_request(XS_DIRECTORY, 0, directory, (uint32_t)strlen(directory) + 1, reply, sizeof(reply));
    char *front = paths[used_paths++], *back = paths[used_paths++];
    char *whole = join(join(directory, "/"), reply);
    memcpy(front, whole, strlen(whole) + 1);
    device->front = front;
    char *path = join(front, "/backend");
    store_request(XS_READ, 0, path, (uint32_t)strlen(path) + 1, back, 120);
    device->back = back;
}

int device_connect(struct device *device, int state)
{
    store_write_number(join(device->front, "/state"), (uint64_t)state);
    for (int tries = 0; tries < 20000; tries++) {
        uint64_t seen = store_read_number(join(device->back, "/state"));
        if (seen == 4)
            return 1;
        if (seen == 5 || seen > 6)
            return 0;
    }
    put("STUCK: the backend does not answer\n");
    return 0;
}

void device_broken(struct device *device)
{
    for (int tries = 0; tries < 200 && store_read_number(join(device->back, "/state")) == 4; tries++)
        yield();
}

void device_reset(struct device *device)
{
    store_write(join(device->front, "/state"), "6");
    for (int tries = 0; tries < 20000; tries++) {
        uint64_t seen = store_read_number(join(device->back, "/state"));
        if (seen == 6 || seen == 2)
            return;
    }
    put("STUCK: the backend does not close\n");
}
