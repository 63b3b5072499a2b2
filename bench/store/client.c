/*
 * A client of xenstored that measures several of them side by side, over their sockets and by the wire protocol alone
 * (docs/misc/xenstore.txt of Xen), so that every server meets the same bytes in the same order. Each row is measured in slices of a
 * fraction of a second, the servers in turn, the first one changing: whatever else the machine does meets all of them alike.
 *
 * usage: client SLICES SECONDS-PER-SLICE NAME SOCKET PID [NAME SOCKET PID]...
 * prints one line a slice: server, row, operations a second, microseconds of server CPU an operation; memory rows: server, row, bytes.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { DIRECTORY = 1, READ = 2, WATCH = 4, UNWATCH = 5, START = 6, END = 7, WRITE = 11, RM = 13, EVENT = 15, ERROR = 16 };
enum { CLIENTS = 16, DEPTH = 64, NODES = 100000, WIDTH = 100, CHUNK = 5000, SERVERS = 8 };

struct server { const char *name, *socket; int pid; long resident, filled; double cpu, seconds; };

struct header { uint32_t type, request, transaction, length; };

struct client {
    int socket, have;
    char in[65536], out[DEPTH * 256], payload[4097];
    int out_length;
    struct header reply;
    int events;
};

static struct server servers[SERVERS], *server;
static int server_count, slices;
static double slice_seconds;

static void die(const char *what) { perror(what); exit(1); }

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

/* Seconds that the server's threads have run. */
static double server_cpu(void)
{
    char path[300];
    snprintf(path, sizeof path, "/proc/%d/task", server->pid);
    DIR *tasks = opendir(path);
    double sum = 0;
    if (!tasks)
        die(path);
    for (struct dirent *task; (task = readdir(tasks));) {
        unsigned long long ran;
        if (task->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", server->pid, task->d_name);
        FILE *file = fopen(path, "r");
        if (file && fscanf(file, "%llu", &ran) == 1)
            sum += ran * 1e-9;
        if (file)
            fclose(file);
    }
    closedir(tasks);
    return sum;
}

static long server_resident(void)
{
    char path[64], line[256];
    long kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", server->pid);
    FILE *file = fopen(path, "r");
    if (!file)
        die(path);
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "VmRSS: %ld", &kib) == 1)
            break;
    fclose(file);
    return kib * 1024;
}

static struct client *connect_client(void)
{
    struct client *c = calloc(1, sizeof *c);
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    strncpy(address.sun_path, server->socket, sizeof address.sun_path - 1);
    c->socket = socket(AF_UNIX, SOCK_STREAM, 0);
    if (c->socket < 0 || connect(c->socket, (struct sockaddr *)&address, sizeof address) != 0)
        die(server->socket);
    return c;
}

static void put(struct client *c, int type, uint32_t transaction, const void *payload, int length)
{
    struct header header = { type, 1, transaction, length };
    memcpy(c->out + c->out_length, &header, sizeof header);
    memcpy(c->out + c->out_length + sizeof header, payload, length);
    c->out_length += sizeof header + length;
}

static void flush_out(struct client *c)
{
    for (int sent = 0; sent < c->out_length;) {
        int n = send(c->socket, c->out + sent, c->out_length - sent, MSG_NOSIGNAL);
        if (n <= 0)
            die("send");
        sent += n;
    }
    c->out_length = 0;
}

/* Takes one message into reply and payload. */
static void take(struct client *c)
{
    while (c->have < (int)sizeof c->reply || c->have < (int)(sizeof c->reply + ((struct header *)c->in)->length)) {
        int n = recv(c->socket, c->in + c->have, sizeof c->in - c->have, 0);
        if (n <= 0)
            die("recv");
        c->have += n;
    }
    memcpy(&c->reply, c->in, sizeof c->reply);
    memcpy(c->payload, c->in + sizeof c->reply, c->reply.length);
    c->payload[c->reply.length] = 0;
    c->have -= sizeof c->reply + c->reply.length;
    memmove(c->in, c->in + sizeof c->reply + c->reply.length, c->have);
}

/* Waits for a reply that is no event; events are counted. An error other than a conflict ends the benchmark. */
static int reply(struct client *c)
{
    for (;;) {
        take(c);
        if (c->reply.type == EVENT) {
            c->events++;
            continue;
        }
        if (c->reply.type != ERROR)
            return 1;
        if (strcmp(c->payload, "EAGAIN") == 0)
            return 0;
        fprintf(stderr, "the server answered %s\n", c->payload);
        exit(1);
    }
}

static int ask(struct client *c, int type, uint32_t transaction, const void *payload, int length)
{
    put(c, type, transaction, payload, length);
    flush_out(c);
    return reply(c);
}

static int path_and(char *to, const char *path, const char *value)
{
    int length = strlen(path) + 1, rest = strlen(value);
    memcpy(to, path, length);
    memcpy(to + length, value, rest);
    return length + rest;
}

static void write_node(struct client *c, const char *path, const char *value)
{
    char payload[256];
    ask(c, WRITE, 0, payload, path_and(payload, path, value));
}

/* One client's operations; each returns how many it made. */

static unsigned spread(unsigned i) { return i * 7919u; }

static int node_path(char *path, const char *root, unsigned i) { return sprintf(path, "/%s/%u/%u", root, i / WIDTH, i) + 1; }

static int do_read(struct client *c, const char *root, unsigned count, unsigned i)
{
    char path[64];
    ask(c, READ, 0, path, node_path(path, root, spread(i) % count));
    return 1;
}

static int do_write(struct client *c, const char *root, unsigned count, unsigned i)
{
    char path[64];
    node_path(path, root, spread(i) % count);
    write_node(c, path, i & 1 ? "value" : "another");
    return 1;
}

static int do_list(struct client *c, const char *root, unsigned count, unsigned i)
{
    char path[64];
    ask(c, DIRECTORY, 0, path, sprintf(path, "/%s/%u", root, spread(i) % (count / WIDTH)) + 1);
    return 1;
}

static int do_transaction(struct client *c, const char *root, unsigned count, unsigned i)
{
    char path[64], payload[128];
    int length = node_path(path, root, spread(i) % count);
    uint32_t transaction;
    do {
        ask(c, START, 0, "", 1);
        transaction = strtoul(c->payload, NULL, 10);
        ask(c, READ, transaction, path, length);
        ask(c, WRITE, transaction, payload, path_and(payload, path, i & 1 ? "in" : "transaction"));
    } while (!ask(c, END, transaction, "T", 2));
    return 1;
}

/* A write to a node that this client watches, until the event is there. */
static int do_watch(struct client *c, const char *root, unsigned count, unsigned i)
{
    char path[64];
    sprintf(path, "/watched/%d", c->socket);
    if (i == 0) {
        char payload[128] = { 0 };
        write_node(c, path, "0");
        ask(c, WATCH, 0, payload, path_and(payload, path, "token") + 1);
        while (c->events < 1)
            take(c), c->events += c->reply.type == EVENT;
    }
    c->events = 0;
    write_node(c, path, "1");
    while (c->events < 1)
        take(c), c->events += c->reply.type == EVENT;
    return 1;
}

static int do_read_pipelined(struct client *c, const char *root, unsigned count, unsigned i)
{
    char path[64];
    for (int k = 0; k < DEPTH; k++)
        put(c, READ, 0, path, node_path(path, root, spread(i * DEPTH + k) % count));
    flush_out(c);
    for (int k = 0; k < DEPTH; k++)
        reply(c);
    return DEPTH;
}

static int do_write_pipelined(struct client *c, const char *root, unsigned count, unsigned i)
{
    char path[64], payload[128];
    for (int k = 0; k < DEPTH; k++) {
        node_path(path, root, spread(i * DEPTH + k) % count);
        put(c, WRITE, 0, payload, path_and(payload, path, "pipelined"));
    }
    flush_out(c);
    for (int k = 0; k < DEPTH; k++)
        reply(c);
    return DEPTH;
}

typedef int operation(struct client *, const char *root, unsigned count, unsigned i);

struct work { operation *run; const char *root; unsigned count, seed; struct client *client; double until; long done; };

static void *work(void *argument)
{
    struct work *w = argument;
    for (unsigned i = 0; now() < w->until; i++)
        w->done += w->run(w->client, w->root, w->count, i == 0 ? 0 : i + w->seed);
    return NULL;
}

static void slice(const char *name, operation *run, const char *root, unsigned count, int clients, unsigned number)
{
    struct work works[CLIENTS];
    pthread_t threads[CLIENTS];
    long done = 0;
    for (int i = 0; i < clients; i++)
        works[i] = (struct work){ run, root, count, i * 1000 + number * 100000, connect_client(), 0, 0 };
    double cpu = server_cpu(), start = now();
    for (int i = 0; i < clients; i++) {
        works[i].until = start + slice_seconds;
        pthread_create(&threads[i], NULL, work, &works[i]);
    }
    for (int i = 0; i < clients; i++)
        pthread_join(threads[i], NULL);
    double seconds = now() - start;
    cpu = server_cpu() - cpu;
    for (int i = 0; i < clients; i++) {
        done += works[i].done;
        close(works[i].client->socket);
        free(works[i].client);
    }
    printf("%s %s %.0f %.2f\n", server->name, name, done / seconds, cpu / done * 1e6);
    fflush(stdout);
}

static void row(const char *name, operation *run, const char *root, unsigned count, int clients)
{
    for (int i = 0; i < slices; i++)
        for (int k = 0; k < server_count; k++) {
            server = &servers[(i + k) % server_count];
            slice(name, run, root, count, clients, i);
        }
}

/* Writes nodes first..last-1 and adds up what it took. */
static void fill(const char *root, unsigned first, unsigned last)
{
    struct client *c = connect_client();
    char path[64];
    double cpu = server_cpu(), start = now();
    for (unsigned i = first; i < last; i++) {
        node_path(path, root, i);
        write_node(c, path, "value");
    }
    server->seconds += now() - start;
    server->cpu += server_cpu() - cpu;
    close(c->socket);
    free(c);
}

static void for_all(void (*what)(void))
{
    for (int k = 0; k < server_count; k++) {
        server = &servers[k];
        what();
    }
}

static void fill_small(void) { fill("small", 0, 1000); server->seconds = server->cpu = 0; }

static void note_resident(void) { server->resident = server_resident(); }

static void tell_filled(void)
{
    server->filled = server_resident();
    printf("%s fill-100k %.0f %.2f\n", server->name, NODES / server->seconds, server->cpu / NODES * 1e6);
}

static void tell_memory(void)
{
    printf("%s memory-per-node %ld 0\n", server->name, (server->filled - server->resident) / NODES);
    printf("%s memory-with-100k %ld 0\n", server->name, server->filled);
    printf("%s memory-at-the-end %ld 0\n", server->name, server_resident());
}

int main(int argc, char **argv)
{
    if (argc < 6 || argc % 3 != 0 || argc / 3 - 1 > SERVERS)
        return fprintf(stderr, "usage: client SLICES SECONDS-PER-SLICE NAME SOCKET PID [NAME SOCKET PID]...\n"), 2;
    slices = atoi(argv[1]);
    slice_seconds = atof(argv[2]);
    for (int i = 3; i < argc; i += 3)
        servers[server_count++] = (struct server){ .name = argv[i], .socket = argv[i + 1], .pid = atoi(argv[i + 2]) };

    for_all(fill_small);
    row("read", do_read, "small", 1000, 1);
    row("write", do_write, "small", 1000, 1);
    row("list", do_list, "small", 1000, 1);
    row("transaction", do_transaction, "small", 1000, 1);
    row("watch", do_watch, "small", 1000, 1);
    row("read-64", do_read_pipelined, "small", 1000, 1);
    row("write-64", do_write_pipelined, "small", 1000, 1);
    row("read-16c", do_read, "small", 1000, CLIENTS);
    row("write-16c", do_write, "small", 1000, CLIENTS);
    row("transaction-16c", do_transaction, "small", 1000, CLIENTS);
    row("watch-16c", do_watch, "small", 1000, CLIENTS);

    sleep(1);
    for_all(note_resident);
    for (unsigned first = 0; first < NODES; first += CHUNK)
        for (int k = 0; k < server_count; k++) {
            server = &servers[(first / CHUNK + k) % server_count];
            fill("big", first, first + CHUNK);
        }
    sleep(1);
    for_all(tell_filled);
    row("read-100k", do_read, "big", NODES, 1);
    row("write-100k", do_write, "big", NODES, 1);
    row("transaction-100k", do_transaction, "big", NODES, 1);
    row("read-64-100k", do_read_pipelined, "big", NODES, 1);
    sleep(1);
    for_all(tell_memory);
    return 0;
}
