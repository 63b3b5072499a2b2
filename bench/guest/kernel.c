// What the kernel does for a program: system calls, fork, fork and exec, mapping, pipes between two processes.
#define _GNU_SOURCE
#include "clock.h"
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void fork_only(void)
{
    pid_t child = fork();
    if (child == 0) _exit(0);
    waitpid(child, NULL, 0);
}

static void fork_exec(char *const argv[])
{
    pid_t child = fork();
    if (child == 0) { execv(argv[0], argv); _exit(127); }
    int status;
    waitpid(child, &status, 0);
    if (status != 0) { printf("BENCH-FAILED %s\n", argv[0]); exit(1); }
}

static void map_touch(void)
{
    enum { size = 1 << 20 };
    char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < size; i += 4096) p[i] = 1;
    munmap(p, size);
}

static void on_cpu(int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    sched_setaffinity(0, sizeof set, &set);
}

static void ping_pong(const char *name, int cpu)
{
    int there[2], back[2];
    char byte = 0;
    if (pipe(there) || pipe(back)) exit(1);
    pid_t child = fork();
    if (child == 0) {
        on_cpu(cpu);
        close(there[1]);
        while (read(there[0], &byte, 1) == 1 && write(back[1], &byte, 1) == 1) { }
        _exit(0);
    }
    on_cpu(0);
    close(there[0]);
    MEASURE(name, 10000, { if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1) exit(1); });
    close(there[1]);
    waitpid(child, NULL, 0);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "exec") == 0) {
        MEASURE(argv[2], atol(argv[3]), fork_exec(argv + 4));
        return 0;
    }
    MEASURE("sys.getpid", 300000, syscall(SYS_getpid));
    MEASURE("proc.fork", 300, fork_only());
    MEASURE("mm.map-touch-1M", 50, map_touch());
    ping_pong("ipc.pipe-1cpu", 0);
    if (sysconf(_SC_NPROCESSORS_ONLN) > 1) ping_pong("ipc.pipe-2cpu", 1);
    return 0;
}
