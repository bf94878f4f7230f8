import Market

extension Refusal {
  /// What to do about it.
  var advice: ProblemExplanation {
    func both(_ korean: String, _ english: String) -> ProblemExplanation {
      ProblemExplanation(korean: korean, english: english)
    }
    return switch self {
    case .alreadyCanceled, .alreadyCompleted, .alreadyRejected, .alreadyExpired, .alreadyCalledOff:
      both("끝난 예약은 바뀌지 않습니다. 새로 예약해 주세요.", "What has ended stays as it is. Make a new reservation.")
    case .alreadyEnded:
      both("끝난 판매는 바뀌지 않습니다. 새로 등록해 주세요.", "What has ended stays as it is. List the product again.")
    case .ambiguousDeal:
      both(
        "예약 목록에서 번호를 찾아 본문에 넣어 주세요.",
        "The reservation's id goes into the body: {\"reserveid\": 1001}.")
    case .noRunningDeal:
      both("예약이 시작되기를 기다려 주세요.", "Wait until a reservation has started its deal.")
    case .notStarted:
      both("순서가 되어 거래가 시작되면 다시 시도해 주세요.", "The reservation waits in line; try again once its deal runs.")
    case .belowCommitted:
      both("거래 중인 수량과 판매된 수량의 합 이상으로 바꿔 주세요.", "Choose at least the sum of held and sold.")
    case .belowHeld:
      both("거래가 끝난 뒤에 바꾸거나, 확보된 수량 이상으로 바꿔 주세요.", "Choose at least held, or wait until the deals end.")
    case .cancelInProgress, .handoverInProgress:
      both("끝날 때까지 잠시 기다린 뒤 다시 읽어 주세요.", "Wait a moment, and read the reservation again.")
    case .dealsRunning:
      both("거래를 완료하거나 구매자가 취소한 뒤에 종료해 주세요.", "Complete the deals first, or have the buyers cancel them.")
    case .duplicateId:
      both("번호를 빼고 보내면 새 번호를 받습니다.", "Leave the id out, and a new one is given.")
    case .commandIdReused:
      both("새 요청에는 새 commandid를 써 주세요.", "Use a new command id for each new request.")
    case .notFound:
      both("번호를 확인해 주세요. 삭제되었을 수도 있습니다.", "Check the id. It may also have been removed.")
    case .wrongWorker:
      both("요청의 종류에 맞는 곳으로 보내 주세요.", "Send the command to the worker that decides its kind.")
    case .exceedsListing:
      both("수량을 줄여 주세요.", "Reserve less.")
    case .exceedsStock:
      both("수량을 줄이거나 재고가 늘기를 기다려 주세요.", "Reserve less, or wait for the stock to grow.")
    case .soldOut, .withdrawn:
      both("판매자가 다시 등록하면 예약할 수 있습니다.", "It can be reserved once the seller lists it again.")
    case .stockShort:
      both("재고가 들어오면 다시 시도해 주세요.", "Try again once there is more.")
    case .lineFull:
      both("나중에 다시 예약해 주세요.", "Reserve it again later.")
    case .alreadyWaiting:
      both("그 예약의 순서를 기다리거나 취소해 주세요.", "Wait for that one's turn, or cancel it.")
    case .listingOpen:
      both("그 판매를 바꾸거나, 종료한 뒤 다시 등록해 주세요.", "Change that listing, or end it and list the product again.")
    case .stockExists:
      both("그 재고의 수량을 바꿔 주세요.", "Change the quantity of that stock.")
    case .noListing, .noStock, .notFree:
      both("따로 할 일은 없습니다. 순서가 되면 저절로 시작됩니다.", "There is nothing to do: it starts by itself.")
    case .stale:
      both("지금 값은 메시지에 있습니다.", "The message lists the present values.")
    case .notYours:
      both("그 예약이나 판매를 한 사용자로 로그인해 주세요.", "Sign in as the user whose reservation or listing it is.")
    case .alreadyHandedOver:
      both("구매자가 인수를 확인하면 거래가 완료됩니다.", "The deal completes once the buyer confirms the receipt.")
    case .notHandedOver:
      both("판매자가 인계한 뒤에 확인해 주세요.", "Confirm it once the seller has handed the goods over.")
    case .codeNeeded, .wrongCode:
      both("구매자 화면에 보이는 숫자 네 자리를 넣어 주세요.", "Enter the four digits that the buyer is shown.")
    case .codePaused:
      both("잠시 기다린 뒤 구매자와 함께 확인해 주세요.", "Wait, and look at the code together with the buyer.")
    case .codesOff:
      both("운영자가 HANDOVER_CODE_SECRET_FILE을 설정해야 합니다.", "The operator has to set HANDOVER_CODE_SECRET_FILE.")
    case .waitedTooLong, .datePassed:
      both("아직 원하시면 다시 예약해 주세요.", "Reserve it again if you still want it.")
    case .priceDiffers:
      both("판매 가격으로 예약하거나 가격을 비워 두세요.", "Reserve at the listing's price, or leave the price out.")
    case .alreadyReserved:
      both("먼저 한 예약을 쓰거나 취소해 주세요.", "Use your other reservation, or cancel it.")
    case .ownListing:
      both("다른 사용자로 예약해 주세요.", "Only others can reserve it.")
    case .notSeller:
      both("재고는 마지막으로 판매를 등록한 사용자의 것입니다.", "A stock belongs to the user who listed the product last.")
    }
  }
}
