/// What is kept of a thing from one entry to the next, as named text fields.
///
/// The same value always gives the same fields, so what changed can be told field by field.
public protocol Stored: Hashable, Sendable {
  var fields: Fields { get }

  init(fields: Fields) throws(FieldError)

  /// What to do to the stored fields of `before` to make them those of this value.
  func changes(since before: Self) -> FieldChanges
}

extension Stored {
  public func changes(since before: Self) -> FieldChanges {
    self == before ? FieldChanges() : FieldChanges(from: before.fields, to: fields)
  }
}

/// A thing that is not there has no fields.
extension Optional: Stored where Wrapped: Stored {
  public var fields: Fields { self?.fields ?? [:] }

  public init(fields: Fields) throws(FieldError) {
    self = fields.isEmpty ? nil : try Wrapped(fields: fields)
  }
}
