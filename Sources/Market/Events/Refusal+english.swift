extension Refusal {
  /// The reason in words for people who asked to be answered in English.
  public var english: String {
    switch self {
    case .alreadyCanceled: "This reservation is canceled already."
    case .alreadyCompleted: "The deal of this reservation is completed already."
    case .alreadyEnded: "This sale has ended already."
    case .alreadyRejected: "This reservation was turned down already."
    case .ambiguousDeal: "Several deals are in progress. Name the reservation with reserveid."
    case .noRunningDeal: "No deal is in progress."
    case .notStarted: "This deal has not started yet."
    case .belowCommitted: "The quantity cannot be less than what is in deals or sold."
    case .belowHeld: "The quantity cannot be less than what is held for deals."
    case .cancelInProgress: "It is being canceled."
    case .handoverInProgress: "It is being handed over."
    case .dealsRunning: "The sale cannot end while deals are in progress."
    case .duplicateId: "This number is used already."
    case .commandIdReused: "This command id was used for another request already."
    case .notFound: "It cannot be found."
    case .wrongWorker: "This request cannot be handled here."
    case .exceedsListing: "More cannot be reserved than is on sale."
    case .exceedsStock: "More cannot be reserved than is in stock."
    case .soldOut: "It is sold out."
    case .stockShort: "There is not enough in stock."
    case .withdrawn: "The sale has ended."
    case .lineFull: "The waiting line is full."
    case .listingOpen: "This product is on sale already."
    case .stockExists: "This product has a stock already."
    case .noListing: "It is not on sale yet, so this waits."
    case .noStock: "It is not in stock yet, so this waits."
    case .notFree: "None is left for now, so this waits its turn."
    case .stale: "It has changed meanwhile. Read it again and repeat the change."
    }
  }
}
