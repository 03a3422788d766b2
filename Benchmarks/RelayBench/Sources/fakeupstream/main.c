// The other end of the benchmark: a WebSocket server that speaks just enough of the Realtime protocol to be believed, and answers
// each append with a delta of the same size that was built beforehand, or every Nth. One thread, level-triggered epoll.
//
// usage: fakeupstream [--port N] [--size BYTES] [--no-turn] [--answer-every N]
//        fakeupstream --free-port     prints a port that is free now
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "frames.h"
#include "handshake.h"
#include "messages.h"
#include "peer.h"

static int epoll;
static size_t size = 3200;
static bool turn = true, free_port, spin;
static char *append;
static uint8_t *delta;  // a whole frame
static size_t delta_count;
static int answer_every = 1, unanswered;

static bool say(struct peer *peer, const char *event) {
    return peer_send_frame(peer, epoll, OPCODE_TEXT, event, strlen(event), NULL);
}

static bool answer_handshake(struct peer *peer, size_t count) {
    peer_room[count] = 0;
    char *end = strstr((char *)peer_room, "\r\n\r\n");
    if (!end) {
        peer_keep(peer, peer_room, count);
        return count < 16384;
    }
    size_t length;
    const char *key = handshake_field((char *)peer_room, "Sec-WebSocket-Key", &length);
    if (!key) return false;
    char accept[29], reply[512];
    handshake_accept(key, length, accept);
    // A client that offers subprotocols is given the one that the provider speaks.
    size_t offered;
    const char *protocol = handshake_field((char *)peer_room, "Sec-WebSocket-Protocol", &offered) ? "Sec-WebSocket-Protocol: realtime\r\n" : "";
    int written = snprintf(
        reply, sizeof reply, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n%s\r\n",
        accept, protocol);
    size_t used = (size_t)(end + 4 - (char *)peer_room);
    peer_keep(peer, peer_room + used, count - used);
    peer->open = true;
    if (!peer_send(peer, epoll, reply, (size_t)written)) return false;
    // A response is under way from the start: the deltas belong to it, as they do in a conversation.
    return say(peer, message_session_created) && (!turn || say(peer, message_response_created));
}

static bool answer_text(struct peer *peer, const struct frame *frame) {
    if (frame->length == size && memcmp(frame->payload, append, size) == 0) {
        if (++unanswered < answer_every) return true;
        unanswered = 0;
        return peer_send(peer, epoll, delta, delta_count);
    }
    static const char update[] = "\"session.update\"";
    if (memmem(frame->payload, frame->length, update, sizeof update - 1)) return say(peer, message_session_updated);
    if (memmem(frame->payload, frame->length, "input_audio_buffer.append", 25)) {
        fprintf(stderr, "fakeupstream: an append of %zu bytes is not the one that was sent\n", frame->length);
        return false;
    }
    return true;
}

static bool answer(struct peer *peer, size_t count) {
    size_t at = 0;
    struct frame frame;
    int whole;
    while ((whole = frame_parse(peer_room + at, count - at, &frame)) == 1) {
        if (!frame.masked) return false;
        frame_mask(frame.payload, frame.payload, frame.length, frame.key);
        at += frame.total;
        switch (frame.opcode) {
            case OPCODE_TEXT:
                if (!answer_text(peer, &frame)) return false;
                break;
            case OPCODE_PING:
                if (!peer_send_frame(peer, epoll, OPCODE_PONG, frame.payload, frame.length, NULL)) return false;
                break;
            case OPCODE_CLOSE:
                peer_send_frame(peer, epoll, OPCODE_CLOSE, frame.payload, frame.length, NULL);
                return false;
            default: break;
        }
    }
    peer_keep(peer, peer_room + at, count - at);
    return whole == 0;
}

static void accept_all(int listener) {
    for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct peer *peer = calloc(1, sizeof *peer);
        peer->fd = fd;
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    }
}

static int listen_on(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (bind(fd, (struct sockaddr *)&address, length) != 0 || listen(fd, 4096) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) != 0) {
        fprintf(stderr, "fakeupstream: cannot listen on port %d: %s\n", port, strerror(errno));
        exit(1);
    }
    if (free_port) {
        printf("%d\n", ntohs(address.sin_port));
        exit(0);
    }
    return fd;
}

int main(int argc, char **argv) {
    int port = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--no-turn") == 0) turn = false;
        else if (strcmp(argv[i], "--spin") == 0) spin = true;
        else if (strcmp(argv[i], "--free-port") == 0) free_port = true;
        else if (strcmp(argv[i], "--port") == 0 && i + 1 < argc) port = atoi(argv[++i]);
        else if (strcmp(argv[i], "--size") == 0 && i + 1 < argc) size = (size_t)atol(argv[++i]);
        else if (strcmp(argv[i], "--answer-every") == 0 && i + 1 < argc) answer_every = atoi(argv[++i]);
        else {
            fprintf(stderr, "usage: fakeupstream [--port N] [--size BYTES] [--no-turn] [--answer-every N] | --free-port\n");
            return 2;
        }
    }
    signal(SIGPIPE, SIG_IGN);
    append = message_append(size);
    char *event = message_delta(size);
    delta = malloc(size + FRAME_HEADER_MAX);
    size_t header = frame_header(delta, OPCODE_TEXT, size, NULL);
    memcpy(delta + header, event, size);
    delta_count = header + size;
    free(event);

    int listener = listen_on(port);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event listening = {.events = EPOLLIN}, events[256];
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &listening);
    for (;;) {
        int count = epoll_wait(epoll, events, 256, spin ? 0 : -1);
        for (int i = 0; i < count; i++) {
            struct peer *peer = events[i].data.ptr;
            if (!peer) {
                accept_all(listener);
                continue;
            }
            bool alive = !(events[i].events & EPOLLOUT) || peer_flush(peer, epoll);
            if (alive && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
                long got = peer_read(peer);
                if (got == 0) alive = false;
                else if (got > 0) alive = peer->open ? answer(peer, (size_t)got) : answer_handshake(peer, (size_t)got);
            }
            if (alive) continue;
            peer_close(peer);
            free(peer);
        }
    }
}
