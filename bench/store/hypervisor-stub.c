/*
 * Lets Debian's xenstored and oxenstored start on a machine without Xen, as rivals for a benchmark: preload it.
 *
 * What both ask of a hypervisor at start is answered with as little as satisfies them: an event channel handle that is a silent
 * descriptor, Domain-0 as the only domain, one page for Domain-0's own store ring, and the two files that the kernel has for it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

#define RING_BYTES 4096

/* libxenevtchn: a handle whose descriptor never becomes readable. */

static int silent = -1;
static char handle[64];

void *xenevtchn_open(void *log, unsigned flags) { silent = eventfd(0, EFD_CLOEXEC); return handle; }
void *xenevtchn_fdopen(void *log, int fd, unsigned flags) { return xenevtchn_open(log, flags); }
int xenevtchn_close(void *h) { return 0; }
int xenevtchn_fd(void *h) { return silent; }
int xenevtchn_bind_virq(void *h, unsigned virq) { return 1; }
int xenevtchn_bind_interdomain(void *h, uint32_t domid, uint32_t port) { return 2; }
int xenevtchn_unbind(void *h, uint32_t port) { return 0; }
int xenevtchn_notify(void *h, uint32_t port) { return 0; }
int xenevtchn_unmask(void *h, uint32_t port) { return 0; }
int xenevtchn_pending(void *h) { errno = EAGAIN; return -1; }

/* libxengnttab and libxenctrl: a page for any grant, and one domain. */

void *xengnttab_open(void *log, unsigned flags) { return handle; }
int xengnttab_close(void *h) { return 0; }
int xengnttab_set_max_grants(void *h, uint32_t count) { return 0; }
void *xengnttab_map_grant_ref(void *h, uint32_t domid, uint32_t ref, int protection) { return calloc(1, RING_BYTES); }
int xengnttab_unmap(void *h, void *address, uint32_t count) { return 0; }

void *xc_interface_open(void *log, void *dombuild_log, unsigned flags) { return handle; }
int xc_interface_close(void *h) { return 0; }

int xc_domain_getinfo(void *h, uint32_t first, unsigned count, void *info)
{
    if (first != 0)
        return 0;
    memset(info, 0, sizeof(uint32_t) * 16);
    return 1;
}

/* oxenstored raises a limit that an ordinary user may not raise. */

int setrlimit(__rlimit_resource_t resource, const struct rlimit *limit) { return 0; }
int setrlimit64(__rlimit_resource_t resource, const struct rlimit64 *limit) { return 0; }

/* The kernel's files for Domain-0's ring stand in the directory that STORE_BENCH_FILES names. */

static const char *stand_in(const char *path)
{
    static char other[4096];
    const char *name = strstr(path, "xsd_port") ? "port" : strstr(path, "xsd_kva") || strstr(path, "/xen/xenbus") ? "ring" : NULL;
    const char *directory = getenv("STORE_BENCH_FILES");
    if (!name || !directory)
        return path;
    snprintf(other, sizeof other, "%s/%s", directory, name);
    return other;
}

int open(const char *path, int flags, ...)
{
    static int (*real)(const char *, int, ...);
    va_list rest;
    va_start(rest, flags);
    int mode = flags & O_CREAT ? va_arg(rest, int) : 0;
    va_end(rest);
    if (!real)
        real = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
    return real(stand_in(path), flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    int mode = flags & O_CREAT ? va_arg(rest, int) : 0;
    va_end(rest);
    return open(path, flags, mode);
}

FILE *fopen(const char *path, const char *mode)
{
    static FILE *(*real)(const char *, const char *);
    if (!real)
        real = (FILE * (*)(const char *, const char *))dlsym(RTLD_NEXT, "fopen");
    return real(stand_in(path), mode);
}
