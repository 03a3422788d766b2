/// A connection that can end the hard way, as a crashing host or a middlebox ends it: for servers that play faults.
package protocol ResettableConnection: AnyObject {
  /// Drops the connection with a TCP reset (RFC 9293 section 3.5.2): what is queued is lost, and the peer reads an error.
  func reset()
}
