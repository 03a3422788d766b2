#include "client.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "cputime.h"
#include "frames.h"
#include "handshake.h"

struct load load;

void fail(const char *what, const struct target *target) {
    fprintf(stderr, "loadgen: %s%s%s\n", target ? target->name : "", target ? ": " : "", what);
    exit(1);
}

void client_send(struct client *client) {
    // A new key a message, as RFC 6455 section 5.3 has it.
    uint32_t key;
    memcpy(&key, client->key, 4);
    key = key * 1664525 + 1013904223;
    memcpy(client->key, &key, 4);
    client->sent_at = load.now;
    client->target->in_flight++;
    client->target->sent++;
    if (!peer_send_frame(&client->peer, load.epoll, OPCODE_TEXT, load.append, load.size, client->key))
        fail("the connection broke", client->target);
}

static void answered(struct client *client) {
    struct target *target = client->target;
    histogram_add(&load.histogram, load.now - client->sent_at);
    target->answered++;
    target->in_flight--;
    if (target->running) client_send(client);
}

static void say_goodbye(struct client *client) {
    static const uint8_t normal[] = {1000 >> 8, 1000 & 255};
    histogram_add(&load.histogram, load.now - client->sent_at);
    client->closing = true;
    if (!peer_send_frame(&client->peer, load.epoll, OPCODE_CLOSE, normal, sizeof normal, client->key)) fail("the connection broke", client->target);
}

// The other side has answered the goodbye.
static void gone(struct client *client) {
    struct target *target = client->target;
    peer_close(&client->peer);
    client->ready = client->closing = false;
    target->ready--;
    target->over++;
    if (target->to_open > 0) client_connect(client);
}

// No text of the benchmark's deltas has a space in it.
static size_t without_spaces(uint8_t *bytes, size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (bytes[i] != ' ') bytes[kept++] = bytes[i];
    return kept;
}

static void received_text(struct client *client, struct frame *frame) {
    if (client->target->reformats) frame->length = without_spaces(frame->payload, frame->length);
    if (frame->length == load.size && memcmp(frame->payload, load.delta, load.size) == 0) return answered(client);
    if (memmem(frame->payload, frame->length, "response.output_audio.delta", 27))
        fail("a delta arrived changed", client->target);
    if (memmem(frame->payload, frame->length, "\"type\":\"error\"", 14)) {
        fprintf(stderr, "%.*s\n", (int)frame->length, (char *)frame->payload);
        fail("an error event arrived", client->target);
    }
    if (!client->ready && memmem(frame->payload, frame->length, "\"session.created\"", 17)) {
        client->ready = true;
        client->target->ready++;
        if (load.opening) say_goodbye(client);
    }
}

static void received_frames(struct client *client, size_t count) {
    size_t at = 0;
    struct frame frame;
    int whole;
    while ((whole = frame_parse(peer_room + at, count - at, &frame)) == 1) {
        if (frame.masked) fail("a masked frame arrived", client->target);
        at += frame.total;
        if (frame.opcode == OPCODE_TEXT) received_text(client, &frame);
        else if (frame.opcode == OPCODE_PING) peer_send_frame(&client->peer, load.epoll, OPCODE_PONG, frame.payload, frame.length, client->key);
        else if (frame.opcode == OPCODE_CLOSE && client->closing) return gone(client);
        else if (frame.opcode == OPCODE_CLOSE) {
            fprintf(stderr, "%.*s\n", frame.length > 2 ? (int)frame.length - 2 : 0, (char *)frame.payload + 2);
            fail("a close frame arrived", client->target);
        }
    }
    if (whole < 0) fail("a broken frame arrived", client->target);
    peer_keep(&client->peer, peer_room + at, count - at);
}

static void received_head(struct client *client, size_t count) {
    peer_room[count] = 0;
    char *end = strstr((char *)peer_room, "\r\n\r\n");
    if (!end) return peer_keep(&client->peer, peer_room, count);
    size_t length;
    const char *accept = handshake_field((char *)peer_room, "Sec-WebSocket-Accept", &length);
    char expected[29];
    handshake_accept("dGhlIHNhbXBsZSBub25jZQ==", 24, expected);
    if (strncmp((char *)peer_room, "HTTP/1.1 101", 12) != 0 || !accept || length != 28 || memcmp(accept, expected, 28) != 0) {
        fprintf(stderr, "%s\n", peer_room);
        fail("the handshake was refused", client->target);
    }
    client->peer.open = true;
    size_t used = (size_t)(end + 4 - (char *)peer_room);
    memmove(peer_room, peer_room + used, count - used);
    received_frames(client, count - used);
}

void client_connect(struct client *client) {
    struct target *target = client->target;
    target->to_open--;
    client->sent_at = now_ns();
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)target->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) fail(strerror(errno), target);
    char head[4096];
    int count = snprintf(
        head, sizeof head,
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s%s%s\r\n",
        target->path, target->port, target->token ? "Authorization: Bearer " : "", target->token ? target->token : "",
        target->token ? "\r\n" : "");
    if (count >= (int)sizeof head || send(fd, head, (size_t)count, MSG_NOSIGNAL) != count) fail("the request does not go out", target);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    client->peer.fd = fd;
    if (getrandom(client->key, 4, 0) != 4) fail("no randomness", NULL);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    epoll_ctl(load.epoll, EPOLL_CTL_ADD, fd, &event);
}

void client_woken(struct client *client, uint32_t events) {
    if (events & EPOLLOUT && !peer_flush(&client->peer, load.epoll)) fail("the connection broke", client->target);
    if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
    long count = peer_read(&client->peer);
    if (count == 0 && client->closing) return gone(client);
    if (count == 0) fail("the connection was closed", client->target);
    if (count < 0) return;
    if (client->peer.open) received_frames(client, (size_t)count);
    else received_head(client, (size_t)count);
}
