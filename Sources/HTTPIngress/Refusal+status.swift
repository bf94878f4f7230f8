import Hummingbird
import Market

extension Refusal {
  /// What a refusal is to HTTP: what is asked for can never be (422), or not as things stand (409).
  var status: HTTPResponse.Status {
    switch self {
    case .notFound: .notFound
    case .ambiguousDeal, .belowCommitted, .belowHeld, .exceedsListing, .exceedsStock, .commandIdReused:
      .unprocessableContent
    case .alreadyCanceled, .alreadyCompleted, .alreadyEnded, .alreadyRejected, .noRunningDeal, .notStarted,
      .cancelInProgress, .handoverInProgress, .dealsRunning, .duplicateId, .wrongWorker, .soldOut,
      .stockShort,
      .withdrawn, .lineFull, .listingOpen, .stockExists, .noListing, .noStock, .notFree, .stale:
      .conflict
    }
  }
}
