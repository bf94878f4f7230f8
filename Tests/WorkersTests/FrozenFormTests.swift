import Keys
import Market
import Testbed
import Testing

@testable import Workers

/// Rows and notices as some release has stored them, read as this one reads them.
@Suite struct FrozenFormTests {
  @Test(arguments: try Golden.forms())
  func `every form that a release has written is read, and nothing of it is lost`(form: Golden.Form) throws {
    #expect(try Self.again(form) == form.text)
  }

  @Test func `no frozen form was changed`() throws { #expect(try Golden.changes() == []) }

  /// Reads a form, and returns how it is written again; nil if there is no reader of it.
  private static func again(_ form: Golden.Form) throws -> String? {
    switch form.name {
    case "mypage name": return MypageRowID(form.text)?.description
    case let name where name.hasPrefix("mypage row"):
      return try MypageRow(packed: form.text, reserveid: 7).packed
    case let name where name.hasPrefix("notice name"):
      let lines = form.text.split(separator: "\n").map(String.init)
      return lines.last.flatMap { NoticeID($0) }.map { "\($0.own)\n\($0)" }
    case let name where name.hasPrefix("notice"):
      let fields = Fields(packed: form.text)
      // Its words are made again from what is stored, as format 1 stored them too.
      let role = name.hasSuffix("buyer") ? DealRole.buyer : .seller
      let text = fields.flatMap { NoticeText(stored: $0, to: role) }
      return text != nil && text?.korean == fields?["message"] ?? text?.korean ? fields?.packed : nil
    case _: return nil
    }
  }
}
