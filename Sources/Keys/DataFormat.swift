import Synchronization

/// The format of the data in Redis: what may be written, so that every living replica can read it.
///
/// A release reads all formats up to its own, and writes what `handover:format` says. That is raised once all living
/// replicas can follow, and never lowered.
public enum DataFormat {
  /// What systems wrote before there were numbers.
  public static let first = 1
  /// What this release reads, and writes once all living replicas can read it.
  ///
  /// 2: ended deals leave for the archive (`ReserveArchived`, `TradeArchived`, `StockArchived`), and people can be
  /// forgotten (`ReserveForgotten`, `TradeForgotten`). Notices are stored without their text, which is made of them.
  public static let current = 2
}

/// The format that is written now, as the process last saw it. It can be an older one than Redis says, never a newer.
public final class WrittenFormat: Sendable {
  private let number: Atomic<Int>

  public init(_ number: Int = DataFormat.current) { self.number = Atomic(number) }

  public var current: Int { number.load(ordering: .relaxed) }

  /// Notes what Redis says.
  public func raise(to number: Int) { self.number.max(number, ordering: .relaxed) }
}
