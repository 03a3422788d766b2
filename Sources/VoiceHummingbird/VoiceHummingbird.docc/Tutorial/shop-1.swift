import Hummingbird

let router = Router().get("/") { _, _ in "A shop with a voice" }
let shop = Application(router: router)
try await shop.runService()
