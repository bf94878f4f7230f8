/// A running deal, and what was asked for before its units were held.
public struct RunningDeal: Hashable, Sendable {
  public enum Phase: String, CaseIterable, Sendable {
    /// Stock has been asked to hold its units.
    case starting
    /// The same, and it completes as soon as they are held.
    case handedOver
    /// Its units are held.
    case held
    /// The goods changed hands, and the buyer has yet to confirm it.
    case awaitingReceipt
  }

  /// The deal, and its place in the line if it has to go back.
  @Boxed public var waiting: WaitingDeal
  public var phase = Phase.starting
  /// The caller of the remembered handover.
  @Boxed public var handoverCaller: Caller? = nil
  /// A cancel is remembered; it comes after the handover, if there is one.
  public var cancelRequested = false

  public var deal: Deal { waiting.deal }
}

extension RunningDeal {
  func write(to fields: inout Fields) {
    fields.write("phase", phase.rawValue)
    fields.write("cancel", cancelRequested)
    fields.write("commandid", handoverCaller?.commandid)
    fields.write("replyto", handoverCaller?.replyto)
    fields.write("digest", handoverCaller?.digest?.text)
    handoverCaller?.actor?.write(to: &fields)
    waiting.write(to: &fields)
  }

  init(fields: Fields) throws(FieldError) {
    try self.init(
      waiting: WaitingDeal(fields: fields), phase: fields.read(.code("phase")),
      handoverCaller: Caller(fields: fields), cancelRequested: fields.find(.flag("cancel")) ?? false)
  }
}
