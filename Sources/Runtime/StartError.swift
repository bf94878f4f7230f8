/// Why an executable refuses to start, and what to do about it.
public struct StartError: Error, CustomStringConvertible {
  public let message: String

  public init(_ message: String) { self.message = message }

  public var description: String { message }
}
