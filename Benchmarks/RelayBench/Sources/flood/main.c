// What a flood of junk tokens does to sessions that run. Two modes, one thread each:
//
//   flood probe PORT TOKEN SESSIONS INTERVAL_MS SECONDS BYTES   sessions from 127.0.0.2, a message each interval; prints p50, p99 and max
//                                                               of the time until it is back, by way of an upstream that echoes
//   flood junk PORT CONNECTIONS SECONDS                         from 127.0.0.3, as fast as it goes; prints how many were refused a second
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cputime.h"
#include "messages.h"

enum { BUFFER = 1 << 16 };

struct peer {
    int socket;
    bool is_open;
    uint64_t sent_at;
    size_t filled;
    char buffer[BUFFER];
};

static int epoll;

static void fail(const char *what) {
    fprintf(stderr, "flood: %s: %s\n", what, strerror(errno));
    exit(1);
}

// Connects from `source` and sends the upgrade request.
static void begin(struct peer *peer, int port, const char *source, const char *token) {
    struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, source, &from.sin_addr);
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    int on = 1;
    peer->socket = socket(AF_INET, SOCK_STREAM, 0);
    peer->filled = 0;
    peer->is_open = false;
    setsockopt(peer->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(peer->socket, IPPROTO_IP, 24 /* IP_BIND_ADDRESS_NO_PORT */, &on, sizeof on);
    // No TIME_WAIT: a minute of them would use up all ports.
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    setsockopt(peer->socket, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    if (bind(peer->socket, (struct sockaddr *)&from, sizeof from)) fail("bind");
    if (connect(peer->socket, (struct sockaddr *)&to, sizeof to)) fail("connect");
    char request[16384];
    int length = snprintf(request, sizeof request,
                          "GET /v1/realtime HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer %s\r\n\r\n",
                          port, token);
    if (write(peer->socket, request, (size_t)length) != length) fail("write");
    fcntl(peer->socket, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};
    epoll_ctl(epoll, EPOLL_CTL_ADD, peer->socket, &event);
}

// False at the end.
static bool fill(struct peer *peer) {
    if (peer->filled > BUFFER / 2) {
        memmove(peer->buffer, peer->buffer + peer->filled - 1024, 1024);
        peer->filled = 1024;
    }
    ssize_t count = read(peer->socket, peer->buffer + peer->filled, BUFFER - peer->filled - 1);
    if (count < 0 && errno == EAGAIN) return true;
    if (count <= 0) return false;
    peer->filled += (size_t)count;
    return true;
}

static bool holds(struct peer *peer, const char *text) { return memmem(peer->buffer, peer->filled, text, strlen(text)) != NULL; }

// MARK: Sessions that run

static int ascending(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

static void probe(int port, const char *token, int sessions, int interval, int seconds, int bytes) {
    struct peer *peers = calloc((size_t)sessions, sizeof *peers);
    for (int index = 0; index < sessions; index++) begin(&peers[index], port, "127.0.0.2", token);
    size_t capacity = (size_t)sessions * (size_t)(seconds * 1000 / interval + 10), count = 0;
    uint64_t *times = malloc(capacity * sizeof *times), start = 0, round = 0;
    char *frame = malloc((size_t)bytes + 8);
    frame[0] = (char)0x81, frame[1] = (char)0xFE, frame[2] = (char)(bytes >> 8), frame[3] = (char)bytes;
    memset(frame + 4, 0, 4);
    memcpy(frame + 8, message_append((size_t)bytes), (size_t)bytes);
    int open = 0, missed = 0;
    struct epoll_event events[256];
    uint64_t deadline = now_ns() + 20000000000ull;
    while (now_ns() < deadline) {
        if (open == sessions) {
            if (!start) start = now_ns(), deadline = start + (uint64_t)seconds * 1000000000, round = 0;
            // Sessions take their turns evenly over the interval.
            while (round * (uint64_t)interval * 1000000 / (uint64_t)sessions + start <= now_ns()) {
                struct peer *peer = &peers[round++ % (uint64_t)sessions];
                if (peer->sent_at) {
                    missed++;
                    continue;
                }
                peer->filled = 0;
                peer->sent_at = now_ns();
                if (write(peer->socket, frame, (size_t)bytes + 8) != bytes + 8) fail("a session's write");
            }
        }
        int ready = epoll_wait(epoll, events, 256, 1);
        for (int index = 0; index < ready; index++) {
            struct peer *peer = events[index].data.ptr;
            if (!fill(peer)) fail("a session ended");
            if (!peer->is_open && holds(peer, "\"session.created\"")) peer->is_open = true, open++;
            if (peer->sent_at && peer->filled >= (size_t)bytes && holds(peer, "response.output_audio.delta")) {
                if (count < capacity) times[count++] = now_ns() - peer->sent_at;
                peer->sent_at = 0;
            }
        }
    }
    if (count == 0) fail("no session opened");
    qsort(times, count, sizeof *times, ascending);
    printf("%.3f %.3f %.3f %zu %d\n", (double)times[count / 2] / 1e6, (double)times[count * 99 / 100] / 1e6, (double)times[count - 1] / 1e6,
           count, missed);
}

// MARK: Junk

// Each of another kind: no token at all by its shape, and one that only its signature gives away.
static const char *junk(uint64_t number, char *token, size_t size) {
    if (number % 2) {
        snprintf(token, size, "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhZGEiLCJwbGFuIjoiZWxpdGUiLCJleHAiOjQwMDAwMDAwMDB9.%043llu",
                 (unsigned long long)number);
    } else {
        snprintf(token, size, "junk-%0600llu", (unsigned long long)number);
    }
    return token;
}

static void flood(int port, int connections, int seconds) {
    struct peer *peers = calloc((size_t)connections, sizeof *peers);
    char token[1024];
    uint64_t number = 0, refused = 0, turned_away = 0, start = now_ns(), deadline = start + (uint64_t)seconds * 1000000000;
    for (int index = 0; index < connections; index++) begin(&peers[index], port, "127.0.0.3", junk(number++, token, sizeof token));
    struct epoll_event events[256];
    while (now_ns() < deadline) {
        int ready = epoll_wait(epoll, events, 256, 100);
        for (int index = 0; index < ready; index++) {
            struct peer *peer = events[index].data.ptr;
            bool is_live = fill(peer);
            bool is_refused = holds(peer, "Authentication failed"), is_away = holds(peer, "HTTP/1.1 503");
            if (is_live && !is_refused && !is_away) continue;
            refused += is_refused;
            turned_away += !is_refused;
            close(peer->socket);
            begin(peer, port, "127.0.0.3", junk(number++, token, sizeof token));
        }
    }
    double elapsed = (double)(now_ns() - start) / 1e9;
    printf("%.0f %.0f\n", (double)refused / elapsed, (double)turned_away / elapsed);
}

int main(int count, char **arguments) {
    epoll = epoll_create1(0);
    if (count == 8 && strcmp(arguments[1], "probe") == 0) {
        probe(atoi(arguments[2]), arguments[3], atoi(arguments[4]), atoi(arguments[5]), atoi(arguments[6]), atoi(arguments[7]));
    } else if (count == 5 && strcmp(arguments[1], "junk") == 0) {
        flood(atoi(arguments[2]), atoi(arguments[3]), atoi(arguments[4]));
    } else {
        fprintf(stderr, "usage: flood probe PORT TOKEN SESSIONS INTERVAL_MS SECONDS BYTES | flood junk PORT CONNECTIONS SECONDS\n");
        return 2;
    }
    return 0;
}
