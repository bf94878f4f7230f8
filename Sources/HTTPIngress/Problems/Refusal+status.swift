import Hummingbird
import Market

extension Refusal {
  /// The HTTP status: 403 if somebody else may ask for it, 422 if it can never succeed, 409 if it conflicts with the
  /// present state.
  var status: HTTPResponse.Status {
    switch self {
    case .notFound: .notFound
    case .notYours, .notSeller, .ownListing: .forbidden
    case .ambiguousDeal, .belowCommitted, .belowHeld, .exceedsListing, .exceedsStock, .commandIdReused:
      .unprocessableContent
    case .codeNeeded, .wrongCode, .codesOff, .priceDiffers: .unprocessableContent
    case .alreadyCanceled, .alreadyCompleted, .alreadyEnded, .alreadyRejected, .noRunningDeal, .notStarted,
      .cancelInProgress, .handoverInProgress, .dealsRunning, .duplicateId, .wrongWorker, .soldOut,
      .stockShort,
      .withdrawn, .lineFull, .alreadyWaiting, .listingOpen, .stockExists, .noListing, .noStock, .notFree,
      .stale, .alreadyExpired, .alreadyCalledOff, .alreadyHandedOver, .notHandedOver, .waitedTooLong,
      .datePassed, .alreadyReserved, .codePaused:
      .conflict
    }
  }

  /// The field of the request that is to blame; nil if it is none.
  var field: String? { [.codeNeeded, .wrongCode, .codePaused].contains(self) ? "code" : nil }
}
