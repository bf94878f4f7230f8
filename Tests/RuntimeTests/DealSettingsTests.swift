import Foundation
import Market
import Testing

@testable import Runtime

/// What the settings about deals mean.
@Suite struct DealSettingsTests {
  private func policy(_ flags: String...) throws -> Policy {
    try DealSettings.parse(flags).policy(codes: nil)
  }

  @Test func `without settings, the usual policy counts, in the time of Seoul`() throws {
    let (policy, usual) = (try policy(), Policy())
    #expect(policy.expiry == usual.expiry && policy.reminders == usual.reminders)
    #expect(policy.waiting == usual.waiting && policy.receipt == usual.receipt)
    #expect(policy.listingReminder == usual.listingReminder && policy.price == usual.price)
    #expect(policy.oneReservationEach == usual.oneReservationEach)
    #expect(policy.allowsOwnListing == usual.allowsOwnListing)
    // 2024-04-04T00:00, an hour before midnight, and long ago.
    for local in [1_712_188_800_000, 1_712_271_540_000, 86_400_000] {
      #expect(policy.utc(local) == usual.utc(local))
    }
  }

  @Test func `periods can be decimals, and 0 turns one off`() throws {
    let policy = try policy(
      "--expiry-hours", "0.001", "--reminder-hours", "24, 0.5,0", "--waiting-days", "0", "--receipt-days",
      "0.00003", "--listing-reminder-days", "3650")
    #expect(policy.expiry == 3600 && policy.reminders == [24 * Policy.hour, Policy.hour / 2])
    #expect(policy.waiting == 0 && policy.receipt == 2592)
    #expect(policy.listingReminder == 3650 * Policy.day)
    // However short, a period is not off.
    #expect(try self.policy("--expiry-hours", "1e-30").expiry == 1)
  }

  @Test func `what is allowed is chosen by words`() throws {
    let policy = try policy(
      "--price", "listing", "--one-reservation-each", "on", "--own-listing", "refused")
    #expect(policy.price == .listing && policy.oneReservationEach && !policy.allowsOwnListing)
  }

  /// Berlin's clocks went from 02:00 to 03:00 on 2024-03-31, and from 03:00 back to 02:00 on 2024-10-27.
  @Test(arguments: [
    ("2024-03-31T01:59:00Z", "2024-03-31T00:59:00Z"),
    // These never were: half an hour after 02:00 is half an hour after the change.
    ("2024-03-31T02:00:00Z", "2024-03-31T01:00:00Z"),
    ("2024-03-31T02:30:00Z", "2024-03-31T01:30:00Z"),
    ("2024-03-31T03:00:00Z", "2024-03-31T01:00:00Z"),
    ("2024-03-31T12:00:00Z", "2024-03-31T10:00:00Z"),
    ("2024-10-27T01:59:00Z", "2024-10-26T23:59:00Z"),
    // These were twice: the first time is meant.
    ("2024-10-27T02:00:00Z", "2024-10-27T00:00:00Z"),
    ("2024-10-27T02:59:00Z", "2024-10-27T00:59:00Z"),
    ("2024-10-27T03:00:00Z", "2024-10-27T02:00:00Z"),
    ("2024-10-28T00:00:00Z", "2024-10-27T23:00:00Z"),
    ("1970-01-01T00:30:00Z", "1969-12-31T23:30:00Z"),
    ("9999-12-31T23:59:00Z", "9999-12-31T22:59:00Z"),
  ])
  func `a local time is told from UTC where clocks are changed`(local: String, utc: String) throws {
    func milliseconds(_ text: String) throws -> Int {
      Int(try Date(text, strategy: .iso8601).timeIntervalSince1970) * 1000
    }
    let policy = try policy("--time-zone", "Europe/Berlin")
    #expect(policy.utc(try milliseconds(local)) == (try milliseconds(utc)))
  }

  /// Every quarter of an hour of a year, in zones of both hemispheres and with odd steps.
  @Test(arguments: [
    "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Seoul", "Africa/Casablanca",
  ])
  func `every time in UTC is found again by its local time, or by an earlier one of the same name`(
    name: String
  ) throws {
    let zone = try #require(TimeZone(identifier: name))
    for utc in stride(from: 1_704_067_200_000, to: 1_735_689_600_000, by: 900_000) {
      let local = utc + zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(utc / 1000))) * 1000
      let found = zone.utc(local: local)
      let again = found + zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(found / 1000))) * 1000
      #expect(again == local && found <= utc && utc - found <= 3_600_000, "\(utc)")
    }
  }
}
