/// One field of the wire: its name, and the rule its value keeps.
///
/// The rules stand here once, for what a person sends, for the log and for what is stored.
protocol Field<Value> {
  associatedtype Value

  var name: String { get }
  /// What the value must be, to be read after "must be".
  var expected: String { get }
  /// The same as a Korean noun.
  var koreanExpected: String { get }
  /// Whether a blank text is a value rather than none.
  var acceptsBlank: Bool { get }

  /// Reads a text that has no spaces around it.
  func parse(_ text: String) throws(FieldError) -> Value
}

extension Field {
  var acceptsBlank: Bool { false }

  func refusal(_ reason: FieldError.Reason, _ text: String) -> FieldError {
    FieldError(name, reason, expected: expected, korean: koreanExpected, came: text)
  }
}
