/// One fault, and how long it took until everything was restored.
struct Incident {
  let fault: Fault
  /// The affected executable; nil for Redis.
  let target: String?
  let began: ContinuousClock.Instant
  var ended: ContinuousClock.Instant?
  /// Whether the fault had no effect, because Redis was unavailable at that moment.
  var isVoid = false
  /// What went wrong.
  var problem: String?

  func overlaps(_ start: ContinuousClock.Instant, _ end: ContinuousClock.Instant) -> Bool {
    began <= end && ended.map { $0 >= start } ?? true
  }
}
