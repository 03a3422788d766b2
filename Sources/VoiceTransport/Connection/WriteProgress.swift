/// Tells whether a peer takes what waits for it: a slow reader lives, though its pongs stand behind a long download.
struct WriteProgress {
  private var written = 0
  private var buffered = 0

  /// True if bytes that waited at the last check have been taken since. What the network takes at once proves no life.
  mutating func hasProgressed(written: Int, buffered: Int) -> Bool {
    defer { (self.written, self.buffered) = (written, buffered) }
    return self.buffered > 0 && written > self.written
  }
}
