#ifndef RELAYBENCH_CPUTIME_H
#define RELAYBENCH_CPUTIME_H
#include <stdint.h>
#include <sys/types.h>

/// What a process has used since it began, in nanoseconds of CPU: `total` by the scheduler's clock, over all threads that live;
/// `user` and `system` by the accounting of proc(5), in steps of 10 ms.
struct cputime {
    uint64_t total, user, system;
};
struct cputime cputime_of(pid_t pid);

/// Nanoseconds that a core has been idle since boot, in steps of 10 ms.
uint64_t cputime_idle(int core);

/// Nanoseconds of the monotonic clock.
uint64_t now_ns(void);
#endif
