/// A client's name for a request, under which it can safely repeat the request.
enum IdempotencyKey {
  /// Parses the `Idempotency-Key` header; nil without one. Throws a 400 if it is malformed.
  static func read(_ header: String?) throws(Problem) -> String? {
    guard let header else { return nil }
    guard (1...200).contains(header.utf8.count), header.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw Problem(
        .badIdempotencyKey,
        "Idempotency-Key must be 1 to 200 visible ASCII characters, no spaces.",
        message: "Idempotency-Key는 빈칸 없는 ASCII 문자 1~200자여야 합니다.")
    }
    return header
  }
}
