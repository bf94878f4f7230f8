import NIOHTTP1

extension HTTPHeaders {
  /// Adds what every answer tells browsers and caches: to take it for what it says it is and, unless it says
  /// otherwise, to tell other sites nothing of where it came from, and to keep no copy: most answers are about people.
  mutating func protect() {
    add(name: "X-Content-Type-Options", value: "nosniff")
    if !contains(name: "Referrer-Policy") { add(name: "Referrer-Policy", value: "no-referrer") }
    if !contains(name: "Cache-Control") { add(name: "Cache-Control", value: "private, no-store") }
  }
}
