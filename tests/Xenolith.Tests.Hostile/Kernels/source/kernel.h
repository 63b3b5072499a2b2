/* What all parts of the hostile kernel share. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#define __XEN_INTERFACE_VERSION__ 0x00040e00
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/io/console.h>
#include <xen/io/xs_wire.h>

#define PAGE 4096
#define VIRT_BASE 0xffffffff80000000ul
#define POOL_PAGES 512
#define FIRST_GREF 16u
#define rmb() __asm__ volatile("lfence" ::: "memory")
#define mb() __asm__ volatile("mfence" ::: "memory")

void *memcpy(void *to, const void *from, size_t size);
void *memset(void *at, int value, size_t size);
size_t strlen(const char *text);

extern start_info_t *start_info;
extern uint8_t pool[POOL_PAGES][PAGE]; /* pages to lend, to lose and to spoil */

/* Random numbers, the same for the same seed (each vCPU has its own row of them). */
uint64_t rnd(void);
uint64_t rnd2(void);
static inline uint32_t below(uint32_t limit) { return (uint32_t)(rnd() % limit); }

long hypercall(long number, long a, long b, long c, long d);
uint64_t mfn_of(const void *page);
uint32_t new_port(void);
void close_port(uint32_t port);
void notify(uint32_t port);
void yield(void);
void grants_ready(void);
extern grant_entry_v1_t *grants;
void lend(uint32_t gref, const void *page, int readonly);
void take_back(uint32_t gref);
extern volatile int racing;              /* 1: the second vCPU changes things; 0: it waits; -1: it goes down */
void second_vcpu(void (*body)(void));   /* called again and again there while racing is 1 */

void put(const char *text);
void put_number(uint64_t number);

int store_request(uint32_t type, uint32_t transaction, const void *payload, uint32_t length, char *reply, uint32_t room);
void store_send(const void *bytes, uint32_t length);
void store_raw_drain(void);
void store_write(const char *path, const char *value);
void store_write_number(const char *path, uint64_t value);
uint64_t store_read_number(const char *path);
char *join(const char *a, const char *b);
char *number_text(uint64_t number);
extern volatile struct xenstore_domain_interface *store_ring;

/* A frontend and its backend. */
struct device { const char *front; const char *back; };
extern struct device disk, vif;
void device_find(struct device *device, const char *kind);
int device_connect(struct device *device, int with_state); /* waits until the backend is connected (1) or has given up (0) */
void device_broken(struct device *device);     /* waits a while for the backend to notice */
void device_reset(struct device *device);      /* closes and waits until the backend is ready for another frontend */

void bad_grants(uint32_t first, uint32_t count); /* something bad with lent pages */
void faults_ready(void);
void poke(volatile void *at, uint64_t value); /* goes on if the page may not be written */
void wipe(volatile void *at, uint32_t size);
void garbage(volatile void *at, uint32_t size);
void garbage2(volatile void *at, uint32_t size);

void block_mode(void);
void net_mode(void);
void console_mode(void);
void store_mode(void);
void xenbus_mode(void);
void storm_mode(void);
void calls_mode(void);
void code_mode(void);

extern uint64_t rounds;
