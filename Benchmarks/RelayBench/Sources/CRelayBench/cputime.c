#include "cputime.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

uint64_t now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static uint64_t ticks_to_ns(uint64_t ticks) { return ticks * (1000000000 / (uint64_t)sysconf(_SC_CLK_TCK)); }

static uint64_t scheduled(pid_t pid) {
    char path[320];
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *tasks = opendir(path);
    if (!tasks) return 0;
    uint64_t total = 0;
    for (struct dirent *task; (task = readdir(tasks));) {
        if (task->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", pid, task->d_name);
        FILE *file = fopen(path, "r");
        if (!file) continue;
        unsigned long long ran = 0;
        if (fscanf(file, "%llu", &ran) == 1) total += ran;
        fclose(file);
    }
    closedir(tasks);
    return total;
}

struct cputime cputime_of(pid_t pid) {
    struct cputime used = {.total = scheduled(pid)};
    char path[64], line[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    if (file) {
        if (fgets(line, sizeof line, file)) {
            // The name, in parentheses, may hold anything: the fields are counted from its end.
            char *rest = strrchr(line, ')');
            unsigned long long user = 0, system = 0;
            if (rest && sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &system) == 2) {
                used.user = ticks_to_ns(user);
                used.system = ticks_to_ns(system);
            }
        }
        fclose(file);
    }
    if (used.total == 0) used.total = used.user + used.system;  // A kernel without schedstat.
    return used;
}

uint64_t cputime_idle(int core) {
    FILE *file = fopen("/proc/stat", "r");
    if (!file) return 0;
    char line[512], name[16];
    int size = snprintf(name, sizeof name, "cpu%d ", core);
    unsigned long long idle = 0, waiting = 0;
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, name, (size_t)size) != 0) continue;
        if (sscanf(line + size, "%*u %*u %*u %llu %llu", &idle, &waiting) != 2) idle = waiting = 0;
        break;
    }
    fclose(file);
    return ticks_to_ns(idle + waiting);
}
