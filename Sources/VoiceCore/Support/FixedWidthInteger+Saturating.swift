extension FixedWidthInteger {
  /// A sum that stops at the largest or smallest number there is.
  package func adding(_ other: Self) -> Self {
    let (sum, overflows) = addingReportingOverflow(other)
    return overflows ? (other < 0 ? .min : .max) : sum
  }

  /// A difference that stops at the largest or smallest number there is.
  package func subtracting(_ other: Self) -> Self {
    let (difference, overflows) = subtractingReportingOverflow(other)
    return overflows ? (other < 0 ? .max : .min) : difference
  }

  /// The result of `operation`, which moves away from zero, or the number that is nearest to it.
  func saturating(_ operation: (Self) -> (partialValue: Self, overflow: Bool)) -> Self {
    let (result, overflows) = operation(self)
    return overflows ? (self < 0 ? .min : .max) : result
  }
}
