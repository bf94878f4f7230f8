/// What is wrong with one field, told to a person.
public struct FieldError: Error, Hashable, Sendable {
  public enum Reason: String, Sendable {
    /// `unknownWord`: none of the words that this release knows.
    case unknownWord
    case missing, notANumber, outOfRange, tooLong, notText, notADate, unknownType, notAllowed, unknownId,
      idTaken, crashed, brokenLaw
  }

  public var field: String
  public var reason: Reason
  /// One English sentence: the field, what came, what is expected.
  public var message: String
  /// The same in Korean.
  public var korean: String

  public init(field: String, reason: Reason, message: String) {
    self.field = field
    self.reason = reason
    self.message = message
    korean = reason.korean(field)
  }

  /// - Parameters:
  ///   - expected: to be read after "must be".
  ///   - korean: the same as a Korean noun.
  init(_ field: String, _ reason: Reason, expected: String, korean: String? = nil, came: String? = nil) {
    let message =
      switch came {
      case nil: "\(field) is missing: it must be \(expected)."
      case .some(let came): "\(field) must be \(expected), but it is \"\(Self.shortened(came))\"."
      }
    self.init(field: field, reason: reason, message: message)
    if let korean { self.korean += " 필요한 값: \(korean)." }
    if let came { self.korean += " 보낸 값: \"\(Self.shortened(came))\"." }
  }

  /// The first 40 characters, fit to be shown: a message must itself steer nothing.
  private static func shortened(_ text: String) -> String {
    let limit = 40
    var shown = String.UnicodeScalarView()
    for scalar in text.unicodeScalars.prefix(limit) {
      shown.append(scalar.steers ? "\u{FFFD}" : scalar)
    }
    return String(shown) + (text.unicodeScalars.count > limit ? "…" : "")
  }
}
