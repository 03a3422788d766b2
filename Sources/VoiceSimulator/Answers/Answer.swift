/// What a response is to contain.
enum Answer: Equatable {
  case say(String)
  case call(name: String, arguments: String)
}
