#ifndef RELAYBENCH_FRAMES_H
#define RELAYBENCH_FRAMES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// RFC 6455 frames, as far as two peers need that trust each other and the relay between them: no fragments.

enum { OPCODE_TEXT = 1, OPCODE_BINARY = 2, OPCODE_CLOSE = 8, OPCODE_PING = 9, OPCODE_PONG = 10 };
enum { FRAME_HEADER_MAX = 14 };

struct frame {
    uint8_t opcode;
    bool masked;
    uint8_t key[4];
    uint8_t *payload;
    size_t length;  // of the payload
    size_t total;   // of header and payload
};

/// 1: a whole frame stands at the front of `bytes`; 0: more bytes are needed; -1: a fragment or a reserved bit.
int frame_parse(uint8_t *bytes, size_t count, struct frame *frame);

/// Writes the header of a final frame, with `key` unless it is NULL, and returns its length.
size_t frame_header(uint8_t *to, uint8_t opcode, size_t length, const uint8_t *key);

/// XORs `count` bytes into `to`, which may be `from`.
void frame_mask(uint8_t *to, const uint8_t *from, size_t count, const uint8_t key[4]);
#endif
