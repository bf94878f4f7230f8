/// A language of the messages for people.
enum Language: String, CaseIterable, Sendable {
  case korean = "ko"
  case english = "en"

  /// The language that an `Accept-Language` header prefers; Korean if it asks for neither.
  init(accepting header: String?) {
    var weights: [Substring: Double] = [:]
    var order: [Substring] = []
    for item in (header ?? "").lowercased().split(separator: ",") {
      let parts = item.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
      // Of `en-GB` only `en` matters here.
      guard let range = parts.first?.split(separator: "-").first, weights[range] == nil else { continue }
      let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
      weights[range] = weight
      order.append(range)
    }
    func weight(_ language: Language) -> Double? { weights[Substring(language.rawValue)] ?? weights["*"] }
    func place(_ language: Language) -> Int {
      order.firstIndex(of: Substring(language.rawValue)) ?? order.count
    }
    let (korean, english) = (weight(.korean), weight(.english))
    switch (korean, english) {
    case (nil, nil): self = .korean
    case (let korean?, nil): self = korean > 0 ? .korean : .english
    case (nil, let english?): self = english > 0 ? .english : .korean
    case (let korean?, let english?) where korean == english:
      self = place(.english) < place(.korean) ? .english : .korean
    case (let korean?, let english?): self = english > korean ? .english : .korean
    }
  }
}
