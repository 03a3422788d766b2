struct AutobahnError: Error, CustomStringConvertible {
  let description: String
}
