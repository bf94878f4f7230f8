/// A law of the market that was broken.
struct Violation: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

func require(_ holds: Bool, _ law: @autoclosure () -> String) throws {
  guard holds else { throw Violation(law()) }
}
