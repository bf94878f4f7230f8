import Foundation
import Market
import Testbed
import Testing

@testable import HTTPIngress

/// For any input of a client, a parser returns a value or throws a readable problem.
@Suite struct FuzzTests {
  private static let seed: UInt64 = 88_088

  @Test func `any body gives fields or a readable problem`() {
    print("IngressServer FuzzTests seed \(Self.seed)")
    var dice = SplitMix64(seed: Self.seed)
    let valid = Array(
      #"{"id":1,"productid":"100","userid":"구매자","qty":1.5,"ok":true,"none":null,"deep":{"a":[1,[2]]}}"#.utf8)
    for _ in 0..<5000 {
      var bytes = valid
      for _ in 0..<Int.random(in: 0...6, using: &dice) {
        guard !bytes.isEmpty else { break }
        let place = Int.random(in: 0..<bytes.count, using: &dice)
        switch Int.random(in: 0..<4, using: &dice) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &dice)
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(contentsOf: bytes[0..<place], at: place)
        default: bytes.removeSubrange(place...)
        }
      }
      do throws(Problem) {
        let fields = try JSONBody.fields(of: Data(bytes))
        for worker in DecidingWorker.allCases { _ = try? Draft(fields: fields, worker: worker) }
      } catch {
        #expect(error.status == .badRequest && !error.message.isEmpty)
      }
    }
    let deep = String(repeating: "[", count: 30_000)
    #expect(throws: Problem.self) { try JSONBody.fields(of: Data(deep.utf8)) }
  }

  @Test func `any text can be parsed, and encoded text is decoded to the same text`() {
    var dice = SplitMix64(seed: Self.seed + 1)
    for _ in 0..<5000 {
      let length = Int.random(in: 0..<20, using: &dice)
      let text = String(
        decoding: (0..<length).map { _ in UInt8.random(in: 0...255, using: &dice) }, as: UTF8.self)
      _ = PreferHeader(text)
      _ = try? URLText.decode(text, "userid")
      if let encoded = Optional(URLText.encode(text)), !encoded.isEmpty {
        #expect((try? URLText.decode(encoded, "userid")) == text)
      }
    }
  }
}
