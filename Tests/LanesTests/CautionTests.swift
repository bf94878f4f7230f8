import Testing

@testable import Lanes

@Suite("Caution")
struct CautionTests {
  private static func record(_ crashes: Int, at position: String = "7-0", suspect: String? = nil) -> [String:
    String]
  {
    var record = ["position": position, "crashes": "\(crashes)"]
    record["suspect"] = suspect
    return record
  }

  @Test("is not needed where the last owner gave the lane back")
  func calm() {
    let caution = Caution(record: nil, position: "7-0", batch: 16)
    #expect(caution.crashes == 0 && !caution.isTryingAlone && caution.condemned == nil)
  }

  @Test("starts anew where the cursor moved")
  func progress() {
    let caution = Caution(record: Self.record(5, suspect: "s 8-0"), position: "8-0", batch: 16)
    #expect(caution.crashes == 1 && !caution.isTryingAlone && caution.condemned == nil)
  }

  @Test(
    "tries entries alone after the second crash at one place, and condemns who was named before the third")
  func crashes() {
    let first = Caution(record: Self.record(0), position: "7-0", batch: 16)
    #expect(first.crashes == 1 && !first.isTryingAlone)
    let second = Caution(record: Self.record(1), position: "7-0", batch: 16)
    #expect(second.isTryingAlone && second.condemned == nil)
    let third = Caution(record: Self.record(2, suspect: "s 8-0"), position: "7-0", batch: 16)
    #expect(third.isTryingAlone && third.condemned == "s 8-0")
  }

  @Test("lets a condemned entry wait, and go free if one of the vanished owners shows that it lives")
  func judgement() {
    var record = Self.record(2, suspect: "s 8-0")
    record["owner"] = "c"
    record["vanished"] = "a b"
    var caution = Caution(record: record, position: "7-0", batch: 3)
    #expect(caution.vanished == ["a", "b", "c"])
    #expect(caution.judgement != nil)
    let isForgivenAtOnce = caution.judge(by: ["x", "y"])
    #expect(!isForgivenAtOnce && caution.condemned == "s 8-0" && caution.judgement != nil)
    let isForgiven = caution.judge(by: ["x", "b"])
    #expect(isForgiven && caution.condemned == nil && caution.judgement == nil && caution.crashes == 0)
  }

  @Test("ends after as many entries as one batch has, or when there is nothing to do")
  func end() {
    var caution = Caution(record: Self.record(2, suspect: "s 8-0"), position: "7-0", batch: 3)
    caution.passed()
    #expect(caution.condemned == nil && caution.isTryingAlone && caution.crashes == 3)
    caution.passed()
    caution.passed()
    #expect(!caution.isTryingAlone && caution.crashes == 0)
    var other = Caution(record: Self.record(2, suspect: "s 8-0"), position: "7-0", batch: 3)
    other.calmDown()
    #expect(!other.isTryingAlone && other.crashes == 0 && other.condemned == nil)
  }
}
