/// Why something was refused, or why a deal waits.
public enum Refusal: String, CaseIterable, Sendable {
  case alreadyCanceled, alreadyCompleted, alreadyEnded, alreadyRejected
  case ambiguousDeal, noRunningDeal, notStarted
  case belowCommitted, belowHeld
  case cancelInProgress, handoverInProgress
  case dealsRunning
  case duplicateId, commandIdReused, notFound
  /// Older releases refused so what another worker decides. It can still be on a journal.
  case wrongWorker
  case exceedsListing, exceedsStock, soldOut, stockShort, withdrawn
  case lineFull, alreadyWaiting
  case listingOpen, stockExists
  case noListing, noStock, notFree
  /// It was asked for on a page that is no longer true.
  case stale
  /// It belongs to somebody else.
  case notYours, notSeller
  case alreadyExpired, alreadyCalledOff, alreadyHandedOver, notHandedOver
  case codeNeeded, wrongCode, codePaused, codesOff
  case waitedTooLong, datePassed
  case priceDiffers, alreadyReserved, ownListing
}

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
    case .alreadyWaiting: "Another reservation of yours waits for this product already."
    case .listingOpen: "This product is on sale already."
    case .stockExists: "This product has a stock already."
    case .noListing: "It is not on sale yet, so this waits."
    case .noStock: "It is not in stock yet, so this waits."
    case .notFree: "None is left for now, so this waits its turn."
    case .stale: "It has changed meanwhile. Read it again and repeat the change."
    case .notYours: "It belongs to somebody else."
    case .notSeller:
      "Only the seller of the product may do that. To become the seller, list the product first."
    case .alreadyExpired: "This reservation has expired."
    case .alreadyCalledOff: "The seller has called this deal off."
    case .alreadyHandedOver: "The goods are handed over already."
    case .notHandedOver: "The goods are not handed over yet."
    case .codeNeeded: "This deal needs the code that the buyer is shown."
    case .wrongCode: "That is not the code of this deal."
    case .codePaused: "Too many wrong codes. Try again in a few minutes."
    case .codesOff: "Handover codes are not set up here."
    case .waitedTooLong: "It has waited for too long."
    case .datePassed: "Its date has passed."
    case .priceDiffers: "The price is not that of the listing."
    case .alreadyReserved: "You have another reservation for this product."
    case .ownListing: "You sell this product yourself."
    }
  }
}

extension Refusal {
  /// The reason in words for the people of the deal.
  public var message: String {
    switch self {
    case .alreadyCanceled: "이미 취소된 예약입니다."
    case .alreadyCompleted: "이미 거래가 완료된 예약입니다."
    case .alreadyEnded: "이미 끝난 거래입니다."
    case .alreadyRejected: "이미 거래불가로 끝난 예약입니다."
    case .ambiguousDeal: "진행 중인 거래가 여러 건입니다. reserveid로 예약을 지정해 주세요."
    case .noRunningDeal: "진행 중인 거래가 없습니다."
    case .notStarted: "아직 시작되지 않은 거래입니다."
    case .belowCommitted: "거래 중이거나 판매된 수량보다 적게 바꿀 수 없습니다."
    case .belowHeld: "거래에 확보된 수량보다 적게 바꿀 수 없습니다."
    case .cancelInProgress: "취소를 처리하고 있습니다."
    case .handoverInProgress: "인수인계를 처리하고 있습니다."
    case .dealsRunning: "진행 중인 거래가 있어 판매를 종료할 수 없습니다."
    case .duplicateId: "이미 사용된 번호입니다."
    case .commandIdReused: "이미 다른 요청에 사용된 요청 번호입니다."
    case .notFound: "찾을 수 없습니다."
    case .wrongWorker: "여기서 처리할 수 없는 요청입니다."
    case .exceedsListing: "판매 수량보다 많이 예약할 수 없습니다."
    case .exceedsStock: "재고 수량보다 많이 예약할 수 없습니다."
    case .soldOut: "품절되었습니다."
    case .stockShort: "재고가 부족합니다."
    case .withdrawn: "판매가 종료되었습니다."
    case .lineFull: "대기 인원이 가득 찼습니다."
    case .alreadyWaiting: "이 상품에 이미 기다리는 예약이 있습니다."
    case .listingOpen: "이미 판매 중인 상품입니다."
    case .stockExists: "이미 재고가 등록된 상품입니다."
    case .noListing: "아직 판매가 등록되지 않아 기다립니다."
    case .noStock: "아직 재고가 등록되지 않아 기다립니다."
    case .notFree: "남은 수량이 없어 순서를 기다립니다."
    case .stale: "그 사이에 내용이 바뀌었습니다. 새로 고친 뒤 다시 시도해 주세요."
    case .notYours: "본인의 예약이나 판매가 아닙니다."
    case .notSeller: "이 상품의 판매자만 할 수 있습니다. 먼저 판매를 등록해 주세요."
    case .alreadyExpired: "이미 만료된 예약입니다."
    case .alreadyCalledOff: "판매자가 이미 취소한 거래입니다."
    case .alreadyHandedOver: "이미 인계된 거래입니다."
    case .notHandedOver: "아직 인계되지 않은 거래입니다."
    case .codeNeeded: "구매자 화면의 인계 코드가 필요합니다."
    case .wrongCode: "인계 코드가 맞지 않습니다."
    case .codePaused: "인계 코드를 여러 번 틀렸습니다. 몇 분 뒤에 다시 시도해 주세요."
    case .codesOff: "여기서는 인계 코드를 쓸 수 없습니다."
    case .waitedTooLong: "기다릴 수 있는 기간이 지났습니다."
    case .datePassed: "거래일이 지났습니다."
    case .priceDiffers: "판매 가격과 다릅니다."
    case .alreadyReserved: "이 상품에 이미 다른 예약이 있습니다."
    case .ownListing: "본인이 판매하는 상품입니다."
    }
  }
}
