/// Why something was refused, or why a deal waits.
public enum Refusal: String, CaseIterable, Sendable {
  case alreadyCanceled, alreadyCompleted, alreadyEnded, alreadyRejected
  case ambiguousDeal, noRunningDeal, notStarted
  case belowCommitted, belowHeld
  case cancelInProgress, handoverInProgress
  case dealsRunning
  case duplicateId, commandIdReused, notFound, wrongWorker
  case exceedsListing, exceedsStock, soldOut, stockShort, withdrawn
  case lineFull
  case listingOpen, stockExists
  case noListing, noStock, notFree
  /// It was asked for on a page that is no longer true.
  case stale
}
