/// What a check of a system found.
package struct Finding: Encodable, Equatable, Sendable {
  package enum Severity: String, CaseIterable, Encodable, Sendable {
    /// As it has to be.
    case ok
    /// It works, and is worth a look.
    case warning
    /// It does not work, or does not keep what the system promises.
    case problem
  }

  private enum CodingKeys: String, CodingKey {
    case check, severity, what, remedy
  }

  package let severity: Severity
  /// What was checked, in one word, such as `eviction`.
  package let check: String
  /// What was found, in whole sentences.
  package let what: String
  /// What to do; nil if nothing has to be done.
  package let remedy: String?
  /// Whether no process starts before it is mended.
  package let preventsStart: Bool

  package init(_ severity: Severity, _ check: String, _ what: String, remedy: String? = nil) {
    self.init(severity, check, what, remedy: remedy, preventsStart: false)
  }

  /// A problem with which no process starts.
  package static func obstacle(_ check: String, _ what: String, remedy: String) -> Finding {
    Finding(.problem, check, what, remedy: remedy, preventsStart: true)
  }

  private init(_ severity: Severity, _ check: String, _ what: String, remedy: String?, preventsStart: Bool) {
    (self.severity, self.check, self.what) = (severity, check, what)
    (self.remedy, self.preventsStart) = (remedy, preventsStart)
  }

  /// What was found, and what to do.
  package var text: String { remedy.map { "\(what) \($0)" } ?? what }
}
