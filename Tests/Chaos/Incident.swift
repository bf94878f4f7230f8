/// One fault, and how long it lasted until everything was as before.
struct Incident {
  let fault: Fault
  /// The executable that was hit; nil where Redis was.
  let target: String?
  let began: ContinuousClock.Instant
  var ended: ContinuousClock.Instant?
  /// Redis was away just then, so nothing came of it.
  var isVoid = false
  /// What did not go as it must.
  var problem: String?

  func overlaps(_ start: ContinuousClock.Instant, _ end: ContinuousClock.Instant) -> Bool {
    began <= end && ended.map { $0 >= start } ?? true
  }
}
