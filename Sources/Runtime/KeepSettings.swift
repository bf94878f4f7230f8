import ArgumentParser
import Market

/// How long the reservation and trade workers keep what has ended.
package struct KeepSettings: ParsableArguments, Sendable {
  private static let usual = Policy().keepEnded / Policy.day

  @Option(
    name: .customLong("keep-ended-days"),
    help: ArgumentHelp(
      "How long ended reservations and trades are kept until they leave for the archive; 0 for ever.",
      discussion: "HANDOVER_KEEP_ENDED_DAYS; \(usual) if neither is given.",
      valueName: "days"))
  package var keepEnded: String?

  package init() {}

  /// Sets it in what the worker decides by. Throws if it makes no sense.
  package func apply(to policy: inout Policy) throws {
    let set = try DealSettings.period(keepEnded, "handover.keep.ended.days", in: Policy.day)
    policy.keepEnded = set ?? policy.keepEnded
  }
}
