/// One fault, and how long it lasted until everything was as before.
struct Incident {
  let fault: Fault
  /// The executable that was hit; nil where Redis was.
  let target: String?
  let began: ContinuousClock.Instant
  var ended: ContinuousClock.Instant?
  /// Why it came to nothing, or could not be mended.
  var problem: String?

  func overlaps(_ start: ContinuousClock.Instant, _ end: ContinuousClock.Instant) -> Bool {
    began <= end && ended.map { $0 >= start } ?? true
  }
}
