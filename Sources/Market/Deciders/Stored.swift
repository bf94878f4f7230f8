/// A state that is stored between entries, as named text fields.
///
/// The same value always has the same fields, so changes can be found field by field.
public protocol Stored: Hashable, Sendable {
  var fields: Fields { get }

  init(fields: Fields) throws(FieldError)

  /// Returns the changes that turn the stored fields of `before` into those of this value.
  func changes(since before: Self) -> FieldChanges
}

extension Stored {
  public func changes(since before: Self) -> FieldChanges {
    self == before ? FieldChanges() : FieldChanges(from: before.fields, to: fields)
  }
}

/// A missing state has no fields.
extension Optional: Stored where Wrapped: Stored {
  public var fields: Fields { self?.fields ?? [:] }

  public init(fields: Fields) throws(FieldError) {
    self = fields.isEmpty ? nil : try Wrapped(fields: fields)
  }
}
