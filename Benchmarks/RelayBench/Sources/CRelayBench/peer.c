#include "peer.h"
#include "frames.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

uint8_t peer_room[PEER_ROOM + 1];

long peer_read(struct peer *peer) {
    size_t before = peer->rest_count;
    if (before == PEER_ROOM) return 0;
    if (before) {
        memcpy(peer_room, peer->rest, before);
        free(peer->rest);
        peer->rest = NULL;
        peer->rest_count = 0;
    }
    ssize_t count = recv(peer->fd, peer_room + before, PEER_ROOM - before, 0);
    if (count > 0) return (long)before + count;
    peer_keep(peer, peer_room, before);
    return count < 0 && (errno == EAGAIN || errno == EINTR) ? -1 : 0;
}

void peer_keep(struct peer *peer, const uint8_t *bytes, size_t count) {
    if (count == 0) return;
    peer->rest = malloc(count);
    memcpy(peer->rest, bytes, count);
    peer->rest_count = count;
}

static void watch(struct peer *peer, int epoll, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = peer};
    epoll_ctl(epoll, EPOLL_CTL_MOD, peer->fd, &event);
}

bool peer_send(struct peer *peer, int epoll, const void *bytes, size_t count) {
    size_t sent = 0;
    if (peer->out == NULL) {
        ssize_t taken = send(peer->fd, bytes, count, MSG_NOSIGNAL);
        if (taken < 0 && errno != EAGAIN && errno != EINTR) return false;
        sent = taken > 0 ? (size_t)taken : 0;
        if (sent == count) return true;
        watch(peer, epoll, EPOLLIN | EPOLLOUT);
    }
    size_t left = count - sent;
    peer->out = realloc(peer->out, peer->out_count + left);
    memcpy(peer->out + peer->out_count, (const uint8_t *)bytes + sent, left);
    peer->out_count += left;
    return true;
}

bool peer_flush(struct peer *peer, int epoll) {
    if (peer->out == NULL) return true;
    ssize_t taken = send(peer->fd, peer->out + peer->out_at, peer->out_count - peer->out_at, MSG_NOSIGNAL);
    if (taken < 0) return errno == EAGAIN || errno == EINTR;
    peer->out_at += (size_t)taken;
    if (peer->out_at < peer->out_count) return true;
    free(peer->out);
    peer->out = NULL;
    peer->out_at = peer->out_count = 0;
    watch(peer, epoll, EPOLLIN);
    return true;
}

bool peer_send_frame(struct peer *peer, int epoll, uint8_t opcode, const void *payload, size_t count, const uint8_t *key) {
    static uint8_t frame[PEER_ROOM + FRAME_HEADER_MAX];
    size_t length = frame_header(frame, opcode, count, key);
    if (key) frame_mask(frame + length, payload, count, key);
    else memcpy(frame + length, payload, count);
    return peer_send(peer, epoll, frame, length + count);
}

void peer_close(struct peer *peer) {
    if (peer->fd >= 0) close(peer->fd);
    free(peer->rest);
    free(peer->out);
    *peer = (struct peer){.fd = -1};
}
