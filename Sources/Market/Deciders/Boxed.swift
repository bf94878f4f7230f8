/// Keeps a large value in a place of its own, so that copies of what holds it are cheap, and so is finding out that
/// they are still the same.
@propertyWrapper
public struct Boxed<Value: Hashable & Sendable>: Hashable, Sendable {
  private final class Place: Sendable {
    let value: Value

    init(_ value: Value) { self.value = value }
  }

  private var place: Place

  public init(wrappedValue: Value) { place = Place(wrappedValue) }

  public var wrappedValue: Value {
    get { place.value }
    set { place = Place(newValue) }
  }

  public static func == (left: Boxed, right: Boxed) -> Bool {
    left.place === right.place || left.place.value == right.place.value
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(place.value) }
}
