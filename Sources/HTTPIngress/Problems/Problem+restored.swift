import Foundation
import Keys
import Market

extension IngressOptions {
  /// For a day after a backup was restored, when the data is from: so long, clients can be asking for what is lost.
  var restoredTo: Moment? {
    guard let restored else { return nil }
    let now = Moment(milliseconds: UInt64(Date.now.timeIntervalSince1970 * 1000))
    return restored.at.distance(to: now) < CommandRecord.lifetime ? restored.upTo : nil
  }
}

extension Problem {
  /// Nothing is known of a command, perhaps because the data was restored from a backup.
  init(unknownOperation commandid: String, restoredTo: Moment?) {
    if let restoredTo {
      self.init(
        .unknownOperation,
        """
        No operation \(commandid) is known. What came after \(restoredTo) is lost, as a backup was restored: send it \
        again, under the same Idempotency-Key if it had one.
        """,
        message: "알 수 없는 요청 번호입니다. 백업을 복원해 \(restoredTo) 이후의 요청은 남아 있지 않습니다. 같은 요청을 다시 보내 주세요.")
      self.restoredTo = restoredTo
    } else {
      self.init(
        .unknownOperation, "No operation \(commandid) is known; outcomes are kept for a day.",
        message: "알 수 없는 요청 번호입니다. 결과는 하루 동안 남아 있습니다.")
    }
  }
}
