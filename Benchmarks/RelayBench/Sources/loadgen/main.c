// Closed-loop load for relays, in turn: every connection has one message in flight, and sends the next when the answer is there.
// The connections to all relays stay open; the load moves from one relay to the next, slice by slice, so that whatever else the
// machine does falls on all of them.
//
// Prints one line a slice, tab-separated, below a header. "A message" is one crossing of the relay in one direction: a round
// trip is two. Every answer is compared with what upstream sent, byte for byte; a difference, an error or a close ends the run.
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "client.h"
#include "cputime.h"
#include "messages.h"

enum { MAX_TARGETS = 8 };

static int connections = 200, rounds = 5, core = -1, target_count;
static double slice = 3, warmup = 0.5, hold = -1;
static bool touch, spin;
static pid_t upstream;
static struct target targets[MAX_TARGETS];

/// Handles what happens until `deadline`, or until `done` holds.
static void run_until(uint64_t deadline, bool (*done)(const struct target *), const struct target *target) {
    struct epoll_event events[256];
    while ((load.now = now_ns()) < deadline && !(done && done(target))) {
        uint64_t left = (deadline - load.now) / 1000000;
        int count = epoll_wait(load.epoll, events, 256, spin ? 0 : left > 100 ? 100 : (int)left);
        load.now = now_ns();
        for (int i = 0; i < count; i++) client_woken(events[i].data.ptr, events[i].events);
    }
}

static uint64_t after(double seconds) { return now_ns() + (uint64_t)(seconds * 1e9); }
static bool is_ready(const struct target *target) { return target->ready == connections; }
static bool is_quiet(const struct target *target) { return target->in_flight == 0; }

static void connect_all(struct target *target) {
    target->clients = calloc((size_t)connections, sizeof *target->clients);
    // A few at a time: this is no test of the listener's backlog.
    for (int i = 0; i < connections; i++) {
        target->clients[i].target = target;
        client_connect(&target->clients[i]);
        if (i % 50 == 49) run_until(after(0.01), NULL, target);
    }
    run_until(after(20), is_ready, target);
    if (!is_ready(target)) fail("not every session was opened within 20 s", target);
}

static void drain(struct target *target) {
    target->running = false;
    run_until(after(5), is_quiet, target);
    if (!is_quiet(target)) fail("an answer never came", target);
}

static uint64_t own_cpu(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void measure(struct target *target, int round) {
    target->running = true;
    load.now = now_ns();
    for (int i = 0; i < connections; i++) client_send(&target->clients[i]);
    run_until(after(warmup), NULL, target);

    histogram_clear(&load.histogram);
    struct cputime before = cputime_of(target->pid), up_before = cputime_of(upstream);
    uint64_t own_before = own_cpu(), idle_before = cputime_idle(core), answered = target->answered, began = now_ns();
    run_until(after(slice), NULL, target);
    struct cputime used = cputime_of(target->pid), up = cputime_of(upstream);
    double wall = (double)(now_ns() - began), messages = 2.0 * (double)(target->answered - answered);
    double own = (double)(own_cpu() - own_before), idle = (double)(cputime_idle(core) - idle_before);
    drain(target);

    if (messages == 0) fail("no message came through", target);
    printf(
        "%d\t%s\t%.3f\t%.0f\t%.0f\t%.3f\t%.3f\t%.3f\t%.3f\t%.3f\t%.3f\t%.3f\t%.0f\t%.0f\n", round, target->name, wall / 1e9, messages,
        messages / wall * 1e9, (double)(used.total - before.total) / messages / 1e3, (double)(used.user - before.user) / messages / 1e3,
        (double)(used.system - before.system) / messages / 1e3, (double)(used.total - before.total) / wall, core < 0 ? 0 : idle / wall,
        own / wall, (double)(up.total - up_before.total) / wall, histogram_quantile(&load.histogram, 0.5),
        histogram_quantile(&load.histogram, 0.99));
    fflush(stdout);
}

/// Opens the sessions, sends one message through each if asked to, says so, and holds them.
static void hold_idle(struct target *target) {
    connect_all(target);
    load.now = now_ns();
    for (int i = 0; touch && i < connections; i++) client_send(&target->clients[i]);
    if (touch) drain(target);
    printf("open %d\n", connections);
    fflush(stdout);
    run_until(after(hold), NULL, target);
}

static void add_target(const char *text) {
    if (target_count == MAX_TARGETS) fail("too many targets", NULL);
    struct target *target = &targets[target_count++];
    int pid;
    if (sscanf(text, "%31[^:]:%d:%d:%255s", target->name, &target->port, &pid, target->path) != 4)
        fail("expected --target NAME:PORT:PID:PATH", NULL);
    target->pid = pid;
}

int main(int argc, char **argv) {
    static const struct option names[] = {
        {"target", 1, 0, 't'}, {"connections", 1, 0, 'c'}, {"rounds", 1, 0, 'r'}, {"slice", 1, 0, 's'}, {"warmup", 1, 0, 'w'},
        {"size", 1, 0, 'z'}, {"upstream-pid", 1, 0, 'u'}, {"core", 1, 0, 'k'}, {"hold", 1, 0, 'h'}, {"touch", 0, 0, 'm'}, {"spin", 0, 0, 'i'}, {0}};
    load.size = 3200;
    for (int name; (name = getopt_long(argc, argv, "", names, NULL)) != -1;) switch (name) {
            case 't': add_target(optarg); break;
            case 'c': connections = atoi(optarg); break;
            case 'r': rounds = atoi(optarg); break;
            case 's': slice = atof(optarg); break;
            case 'w': warmup = atof(optarg); break;
            case 'z': load.size = (size_t)atol(optarg); break;
            case 'u': upstream = atoi(optarg); break;
            case 'k': core = atoi(optarg); break;
            case 'h': hold = atof(optarg); break;
            case 'm': touch = true; break;
            case 'i': spin = true; break;
            default:
                fprintf(stderr,
                    "usage: loadgen --target NAME:PORT:PID:PATH... [--connections N] [--size BYTES] [--rounds N] [--slice S] [--warmup S]\n"
                    "               [--upstream-pid PID] [--core N]      measures\n"
                    "       loadgen --target ... --hold S [--touch]       opens sessions and holds them\n"
                    "RELAY_TOKEN is sent as a bearer token.\n");
                return 2;
        }
    if (target_count == 0 || connections < 1) fail("nothing to do: give a --target", NULL);
    signal(SIGPIPE, SIG_IGN);
    load.token = getenv("RELAY_TOKEN");
    load.append = message_append(load.size);
    load.delta = message_delta(load.size);
    load.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (hold >= 0) {
        hold_idle(&targets[0]);
        return 0;
    }
    for (int i = 0; i < target_count; i++) connect_all(&targets[i]);
    printf("round\trelay\tseconds\tmessages\tper_second\tcpu_us\tuser_us\tsystem_us\trelay_share\tcore_idle\tloadgen_share\tupstream_share\tp50_us\tp99_us\n");
    // Forth and back, so that a slow drift of the machine cancels out.
    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < target_count; i++) measure(&targets[round % 2 ? target_count - 1 - i : i], round + 1);
    return 0;
}
