/// What one event says happened; the raw value is the event's `type` on the wire.
///
/// Whatever has to treat a step in a way of its own asks one of its properties, each of which has to be answered for
/// every step: a new one does not compile before it is thought through.
public protocol Step: RawRepresentable<String>, CaseIterable, Sendable {
  /// The worker that says it.
  var worker: DecidingWorker { get }
  /// The other workers that decide by it.
  var heardBy: Set<DecidingWorker> { get }
  /// The sides that are sent a notice of it.
  var audience: Set<DealRole> { get }
}

extension Event {
  /// All steps there are, which is all that an event can say but that a command was refused.
  public static let steps: [any Step] =
    DealStep.allCases + StockAnswer.allCases + ListingStep.allCases + StockStep.allCases
}

extension DecidingWorker {
  /// The wire names of the events that it has to be given.
  public var listensTo: Set<String> {
    Set(Event.steps.filter { $0.heardBy.contains(self) }.map { $0.rawValue })
  }
}
