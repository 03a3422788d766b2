/// Content of a response.
enum Answer: Equatable {
  case say(String)
  case call(name: String, arguments: String)
}
