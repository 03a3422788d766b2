#ifndef LOADGEN_CLIENT_H
#define LOADGEN_CLIENT_H
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "histogram.h"
#include "peer.h"

/// A relay under test: where it listens, whose CPU is counted, and the connections to it.
struct target {
    char name[32], path[256];
    int port;
    pid_t pid;
    const char *token;   // bearer token; NULL: none
    bool reformats;      // it writes the JSON of events anew: spaces do not count
    struct client *clients;
    int ready;           // sessions that were told `session.created`
    uint64_t sent;       // messages that went there
    uint64_t answered;   // and back
    int in_flight;
    bool running;        // whether an answer is followed by the next message
    int to_open;         // sessions that are still to be begun, in the mode that opens and closes them
    int over;            // those that were opened and closed
};

/// A connection to it.
struct client {
    struct peer peer;  // first: epoll hands it back
    struct target *target;
    bool ready;
    bool closing;        // it said goodbye
    uint64_t sent_at;
    uint8_t key[4];
};

/// What all connections share.
extern struct load {
    int epoll;
    size_t size;         // of a message
    char *append, *delta;
    bool opening;        // a session that is there is closed, and the next one begun
    uint64_t now;        // of the last wake-up
    struct histogram histogram;
} load;

/// Ends the run with one line: a benchmark in which something went wrong has no figures.
void fail(const char *what, const struct target *target) __attribute__((noreturn));

void client_connect(struct client *client);
/// Sends one append, with a new masking key.
void client_send(struct client *client);
void client_woken(struct client *client, uint32_t events);
#endif
