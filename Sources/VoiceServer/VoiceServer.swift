@main
struct VoiceServer {
  static func main() {}
}
