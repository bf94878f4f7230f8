import Testing

@testable import Runtime

/// The format of the data is raised once all replicas could follow for long enough.
@Suite struct ConsentTests {
  private static let start = ContinuousClock.now

  /// Returns the consent after these looks, each so long after the one before.
  private static func after(_ looks: [(isGiven: Bool, pause: Duration)]) -> Consent {
    var (consent, now) = (Consent(), start)
    for look in looks {
      now += look.pause
      consent.note(look.isGiven, at: now)
    }
    return consent
  }

  private static func given(_ count: Int) -> [(isGiven: Bool, pause: Duration)] {
    Array(repeating: (true, SystemWatch.interval), count: count)
  }

  @Test func `a consent lasts after enough looks`() {
    #expect(!Self.after([]).isLasting)
    #expect(!Self.after(Self.given(Consent.enough - 1)).isLasting)
    #expect(Self.after(Self.given(Consent.enough)).isLasting)
  }

  @Test func `an older replica that is seen again takes the consent back`() {
    let back = Self.given(Consent.enough) + [(false, SystemWatch.interval)]
    #expect(!Self.after(back).isLasting)
    #expect(!Self.after(back + Self.given(Consent.enough - 1)).isLasting)
    #expect(Self.after(back + Self.given(Consent.enough)).isLasting)
  }

  @Test func `a consent does not last over a time in which nobody looked`() {
    let gap = Self.given(Consent.enough) + [(true, Consent.longest + .milliseconds(1))]
    #expect(!Self.after(gap).isLasting)
    #expect(Self.after(gap + Self.given(Consent.enough - 1)).isLasting)
  }
}
