/// The events that the relay acts on, as values: decoded once, where they come in, with names unescaped and numbers clamped.
///
/// Machines and tests speak in these. Deltas and appended audio stay bytes, and every other event passes as it came.
enum ControlEvent {}
