// Closed-loop load for relays, in turn: every connection has one message in flight, and sends the next when the answer is there.
// With --pace every connection sends so many messages a second instead, as a speaker does, answered or not.
// With --open so many sessions a slice are opened and closed instead, no more than --connections at a time.
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

static int connections = 200, rounds = 5, core = -1, openings, target_count;
static double slice = 3, warmup = 0.5, hold = -1, pace = 0;
static bool touch, spin;
static const char *reformats;
static pid_t upstream;
static struct target targets[MAX_TARGETS];

static struct target *paced;  // whose speakers speak now
static int next_speaker;
static uint64_t next_word, between_words;

/// Lets those speak whose time has come. Speakers take turns, so that their messages are spread evenly.
static void speak(void) {
    for (; paced && next_word <= load.now; next_word += between_words) {
        client_send(&paced->clients[next_speaker]);
        next_speaker = (next_speaker + 1) % connections;
    }
}

/// Handles what happens until `deadline`, or until `done` holds.
static void run_until(uint64_t deadline, bool (*done)(const struct target *), const struct target *target) {
    struct epoll_event events[256];
    while ((load.now = now_ns()) < deadline && !(done && done(target))) {
        speak();
        uint64_t left = ((paced && next_word < deadline ? next_word : deadline) - load.now) / 1000;
        struct timespec wait = {.tv_nsec = (long)(spin ? 0 : left > 100000 ? 100000 : left) * 1000};
        int count = epoll_pwait2(load.epoll, events, 256, &wait, NULL);
        load.now = now_ns();
        for (int i = 0; i < count; i++) client_woken(events[i].data.ptr, events[i].events);
    }
}

static uint64_t after(double seconds) { return now_ns() + (uint64_t)(seconds * 1e9); }
static bool is_ready(const struct target *target) { return target->ready == connections; }
static bool is_quiet(const struct target *target) { return target->in_flight == 0; }

static void make_clients(struct target *target) {
    target->clients = calloc((size_t)connections, sizeof *target->clients);
    for (int i = 0; i < connections; i++) target->clients[i] = (struct client){.target = target, .peer.fd = -1};
}

static void connect_all(struct target *target) {
    // A few at a time: this is no test of the listener's backlog.
    for (int i = 0; i < connections; i++) {
        client_connect(&target->clients[i]);
        if (i % 50 == 49) run_until(after(0.01), NULL, target);
    }
    run_until(after(60), is_ready, target);
    if (!is_ready(target)) fail("not every session was opened within 60 s", target);
}

static void drain(struct target *target) {
    target->running = false;
    paced = NULL;
    if (pace <= 0) {
        run_until(after(5), is_quiet, target);
        if (!is_quiet(target)) fail("an answer never came", target);
        return;
    }
    // Upstream leaves some of a speaker's messages unanswered: a relay that fell behind is done when it rests.
    uint64_t before, patience = after(10);
    do {
        before = cputime_of(target->pid).total;
        run_until(after(0.2), NULL, target);
    } while (cputime_of(target->pid).total - before > 20000000 && load.now < patience);
}

static uint64_t own_cpu(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void measure(struct target *target, int round) {
    load.now = now_ns();
    if (pace > 0) {
        paced = target, next_word = load.now, between_words = (uint64_t)(1e9 / pace / connections);
    } else {
        target->running = true;
        for (int i = 0; i < connections; i++) client_send(&target->clients[i]);
    }
    run_until(after(warmup), NULL, target);

    histogram_clear(&load.histogram);
    struct cputime before = cputime_of(target->pid), up_before = cputime_of(upstream);
    uint64_t own_before = own_cpu(), idle_before = cputime_idle(core), relayed = target->sent + target->answered, began = now_ns();
    run_until(after(slice), NULL, target);
    struct cputime used = cputime_of(target->pid), up = cputime_of(upstream);
    double wall = (double)(now_ns() - began), messages = (double)(target->sent + target->answered - relayed);
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

static int wanted;
static bool is_over(const struct target *target) { return target->over == wanted; }

static void open_and_close(struct target *target, int count) {
    target->to_open = wanted = count;
    target->over = 0;
    for (int i = 0; i < connections && target->to_open > 0; i++) client_connect(&target->clients[i]);
    run_until(after(60), is_over, target);
    if (!is_over(target)) fail("not every session was opened and closed within 60 s", target);
}

static void measure_openings(struct target *target, int round) {
    open_and_close(target, connections + openings / 10);
    histogram_clear(&load.histogram);
    struct cputime before = cputime_of(target->pid);
    uint64_t began = now_ns();
    open_and_close(target, openings);
    double wall = (double)(now_ns() - began);
    // What a relay has still to put away is part of it.
    run_until(after(0.2), NULL, target);
    struct cputime used = cputime_of(target->pid);
    printf(
        "%d\t%s\t%.3f\t%d\t%.1f\t%.1f\t%.1f\t%.0f\t%.0f\n", round, target->name, wall / 1e9, openings,
        (double)(used.total - before.total) / openings / 1e3, (double)(used.user - before.user) / openings / 1e3,
        (double)(used.system - before.system) / openings / 1e3, histogram_quantile(&load.histogram, 0.5),
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
    target->reformats = reformats && strcmp(reformats, target->name) == 0;
    char own[64];
    snprintf(own, sizeof own, "RELAY_TOKEN_%s", target->name);
    target->token = getenv(own) ? getenv(own) : getenv("RELAY_TOKEN");
}

int main(int argc, char **argv) {
    static const struct option names[] = {
        {"target", 1, 0, 't'}, {"connections", 1, 0, 'c'}, {"rounds", 1, 0, 'r'}, {"slice", 1, 0, 's'}, {"warmup", 1, 0, 'w'},
        {"size", 1, 0, 'z'}, {"upstream-pid", 1, 0, 'u'}, {"core", 1, 0, 'k'}, {"hold", 1, 0, 'h'}, {"touch", 0, 0, 'm'}, {"spin", 0, 0, 'i'}, {"pace", 1, 0, 'p'}, {"open", 1, 0, 'o'},
        {"reformats", 1, 0, 'f'}, {0}};
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
            case 'p': pace = atof(optarg); break;
            case 'o': openings = atoi(optarg); break;
            case 'f': reformats = optarg; break;
            default:
                fprintf(stderr,
                    "usage: loadgen --target NAME:PORT:PID:PATH... [--connections N] [--size BYTES] [--rounds N] [--slice S] [--warmup S]\n"
                    "               [--upstream-pid PID] [--core N] [--pace N]      measures\n"
                    "       loadgen --target ... --open N [--connections N] [--rounds N]       opens and closes so many sessions a slice\n"
                    "       loadgen --target ... --hold S [--touch]       opens sessions and holds them\n"
                    "RELAY_TOKEN is sent as a bearer token, to a target of its own RELAY_TOKEN_NAME.\n"
                    "--reformats NAME before a target: it writes events anew, and spaces between their tokens do not count.\n");
                return 2;
        }
    if (target_count == 0 || connections < 1) fail("nothing to do: give a --target", NULL);
    signal(SIGPIPE, SIG_IGN);
    load.append = message_append(load.size);
    load.delta = message_delta(load.size);
    load.epoll = epoll_create1(EPOLL_CLOEXEC);
    load.opening = openings > 0;
    for (int i = 0; i < target_count; i++) make_clients(&targets[i]);
    if (hold >= 0) {
        hold_idle(&targets[0]);
        return 0;
    }
    if (load.opening) {
        printf("round\trelay\tseconds\topenings\tcpu_us\tuser_us\tsystem_us\tp50_us\tp99_us\n");
    } else {
        for (int i = 0; i < target_count; i++) connect_all(&targets[i]);
        printf("round\trelay\tseconds\tmessages\tper_second\tcpu_us\tuser_us\tsystem_us\trelay_share\tcore_idle\tloadgen_share\tupstream_share\tp50_us\tp99_us\n");
    }
    // Forth and back, so that a slow drift of the machine cancels out.
    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < target_count; i++) {
            struct target *target = &targets[round % 2 ? target_count - 1 - i : i];
            if (load.opening) measure_openings(target, round + 1);
            else measure(target, round + 1);
        }
    return 0;
}
