/// What the trade worker alone tells of a deal under way.
public struct Course: Hashable, Sendable {
  /// When the deal ends by itself: a waiting one is turned down, a running one expires, and one whose goods were
  /// handed over completes. Nil if it never does.
  public var until: Moment?
  /// When its two sides are reminded next.
  public var remindAt: Moment?
  /// The wrong codes since the deal started, or since its last pause.
  public var wrongCodes = 0
  /// Until when it takes no code.
  public var pausedUntil: Moment?
  /// When its completion sold the listing out; nil if it did not.
  public var soldOutAt: Moment?

  public init() {}
}

extension Course {
  init(fields: Fields) throws(FieldError) {
    until = try fields.find(.moment("until"))
    remindAt = try fields.find(.moment("remindAt"))
    wrongCodes = try fields.find(.count("wrongCodes")) ?? 0
    pausedUntil = try fields.find(.moment("pausedUntil"))
    soldOutAt = try fields.find(.moment("soldOutAt"))
  }

  func write(to fields: inout Fields) {
    fields.write("until", until?.description)
    fields.write("remindAt", remindAt?.description)
    fields.write("wrongCodes", wrongCodes == 0 ? nil : wrongCodes)
    fields.write("pausedUntil", pausedUntil?.description)
    fields.write("soldOutAt", soldOutAt?.description)
  }
}
