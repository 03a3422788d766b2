#ifndef RELAYBENCH_PEER_H
#define RELAYBENCH_PEER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// One non-blocking TCP connection in an epoll set. Between whole messages it owns no buffer.
struct peer {
    int fd;
    bool open;           // past the handshake
    uint8_t *rest;       // bytes of a message that has not come whole
    size_t rest_count;
    uint8_t *out;        // bytes that the socket has not taken
    size_t out_at, out_count;
};

/// Where bytes are read to, shared by all peers of a process.
enum { PEER_ROOM = 1 << 20 };
extern uint8_t peer_room[PEER_ROOM + 1];

/// Reads once, behind what was left over. Returns the bytes in `peer_room`, or 0 when the peer is gone, or -1 when there is nothing.
long peer_read(struct peer *peer);
/// Keeps the last `count` bytes of `bytes` for the next read.
void peer_keep(struct peer *peer, const uint8_t *bytes, size_t count);
/// Sends, or queues what the socket does not take. False when the peer is gone.
bool peer_send(struct peer *peer, int epoll, const void *bytes, size_t count);
/// Sends what is queued.
bool peer_flush(struct peer *peer, int epoll);
/// Sends one frame, masked with `key` unless it is NULL.
bool peer_send_frame(struct peer *peer, int epoll, uint8_t opcode, const void *payload, size_t count, const uint8_t *key);
void peer_close(struct peer *peer);
#endif
