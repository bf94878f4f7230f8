import Market

/// Which page of a collection is requested, and in which order.
struct PageRequest: Equatable, Sendable {
  struct Sort: Equatable, Sendable {
    var field: String
    var isDescending: Bool
  }

  static let largestSize = 1000
  /// The last possible page: even at the largest size, its positions fit the 53 bits of a JSON number.
  static let last = (1 << 53) / largestSize - 1

  var number = 0
  var size = 20
  var sort: Sort?

  /// The positions of the page's items in the collection.
  var range: Range<Int> { number * size..<(number + 1) * size }

  init() {}

  /// Parses `page`, `size` and `sort`. Reduces too large a size; throws a 400 for a malformed value.
  init(_ query: Fields) throws(Problem) {
    if let text = query["page"] { number = try Self.number(text, "page", in: 0...Self.last) }
    if let text = query["size"] {
      size = min(try Self.number(text, "size", in: 1...(1 << 53) - 1), Self.largestSize)
    }
    guard let text = query["sort"], !text.isEmpty else { return }
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    let order = parts.count == 1 ? "asc" : parts.last?.lowercased()
    guard parts.count <= 2, order == "asc" || order == "desc" else {
      throw Problem(
        .badSort, "sort must be a field, a comma, and asc or desc.", field: "sort",
        message: "sort는 price,desc처럼 적어 주세요.")
    }
    sort = Sort(field: String(parts[0]), isDescending: order == "desc")
  }

  private static func number(
    _ text: String, _ name: String, in range: ClosedRange<Int>
  ) throws(Problem) -> Int {
    guard let number = Int(text), range.contains(number) else {
      throw Problem(
        .badPage,
        "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound).", field: name,
        message: "\(name) 값은 \(range.lowerBound)부터 \(range.upperBound)까지의 정수여야 합니다.")
    }
    return number
  }
}
