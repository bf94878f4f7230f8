import Crypto
import Foundation
import JWTKit
import Logging
import Market
import ServiceLifecycle
import Synchronization

/// Tells whom tokens identify, with keys of their issuer that it keeps fresh.
///
/// Only looking up a token that was seen before is done under a lock. Signatures are verified outside, by the
/// tasks that ask, with keys that never change.
package final class TokenVerifier: Sendable, Service {
  /// Whether tokens can be verified.
  package enum Trouble: Hashable, Sendable {
    case fine
    /// With keys that may be out of date, with the reason.
    case partial(String)
    /// Not at all, with the reason.
    case down(String)
  }

  /// The longest token that is looked at, in bytes.
  package static let longestToken = 8192

  private struct State {
    /// The last good set.
    var keys: KeySet?
    /// What `keys` verified.
    var cache = TokenCache()
    var fetch: Task<Void, Never>?
    /// When the last fetch ended.
    var lastFetch: ContinuousClock.Instant?
    /// When the last good set came.
    var lastSuccess = ContinuousClock.now
    /// Why the last fetch brought no good set; nil if it did.
    var fault: KeyFault?
  }

  private let options: IdentityOptions
  /// The claim with the user's id.
  package var userClaim: String { options.userClaim }
  private let logger: Logger
  private let state = Mutex(State())

  package init(_ options: IdentityOptions, logger: Logger) {
    self.options = options
    self.logger = logger
  }

  /// Loads the keys and keeps them fresh, until cancelled or shut down gracefully.
  package func run() async throws {
    await cancelWhenGracefulShutdown {
      await withTaskCancellationHandler {
        repeat {
          await self.refresh()
        } while (try? await Task.sleep(for: self.pause)) != nil
      } onCancel: {
        // Nobody waits for an issuer that does not answer.
        self.state.withLock { $0.fetch }?.cancel()
      }
    }
  }

  private var pause: Duration {
    state.withLock { $0.fault == nil ? options.refreshInterval : options.fetchSpacing }
  }

  /// What readiness has to know.
  package var trouble: Trouble {
    state.withLock { state in
      guard state.keys != nil else {
        return .down(
          "there are no keys yet from \(options.keys): \(state.fault?.reason ?? "They are on their way.")")
      }
      let age = ContinuousClock.now - state.lastSuccess
      guard let fault = state.fault, age > options.staleAfter else { return .fine }
      return .partial(
        "the keys from \(options.keys) are \(age.components.seconds) s old: \(fault.reason)")
    }
  }

  // MARK: Tokens

  /// Returns whom a compact JWT identifies.
  package func verify(_ token: String) async throws(TokenRefusal) -> VerifiedToken {
    guard token.utf8.count <= Self.longestToken else {
      throw TokenRefusal("The token is longer than \(Self.longestToken) bytes.")
    }
    let bytes = Array(token.utf8)
    let digest = SHA256.hash(data: bytes)
    let now = Date().timeIntervalSince1970
    if let known = state.withLock({ $0.cache.find(digest, at: now) }) { return known }
    let unverified = try UnverifiedToken(bytes)
    let keys = try await keys(for: unverified)
    let verifier = try keys.verifier(unverified.keyID, unverified.algorithm)
    guard (try? verifier.verify(unverified.signature, signs: unverified.signed)) == true else {
      throw TokenRefusal("The signature of the token does not fit the issuer's key.")
    }
    let claims = try Claims(unverified.claims, options, at: now)
    let verified = VerifiedToken(user: claims.user, end: claims.end)
    state.withLock { state in
      // The key may have been removed meanwhile.
      if state.keys === keys { state.cache.add(digest, verified) }
    }
    return verified
  }

  /// Returns the keys that are known, after a look for newer ones if they lack the one that a token names.
  private func keys(for token: UnverifiedToken) async throws(TokenRefusal) -> KeySet {
    func known() -> (keys: KeySet?, isFresh: Bool) { state.withLock { ($0.keys, $0.fault == nil) } }
    func fits(_ keys: KeySet) -> Bool { token.keyID.map(keys.has) ?? true }
    if let keys = known().keys, fits(keys) { return keys }
    await refresh()
    let (keys, isFresh) = known()
    guard let keys else {
      throw TokenRefusal("No tokens can be verified: there are no keys yet.", .unavailable)
    }
    if fits(keys) { return keys }
    guard isFresh else {
      throw TokenRefusal(
        "The token names an unknown key, and the keys cannot be refreshed now.", .unavailable)
    }
    throw TokenRefusal("The token names a key that the issuer does not have.")
  }

  // MARK: Keys

  /// Fetches the keys, unless that was done a moment ago. Whoever asks while they are fetched waits for that fetch:
  /// however many tokens name unknown keys, the issuer is asked once in a while.
  private func refresh() async {
    let fetch = state.withLock { state -> Task<Void, Never>? in
      if let fetch = state.fetch { return fetch }
      if let last = state.lastFetch, .now - last < options.fetchSpacing { return nil }
      let fetch = Task { await self.fetch() }
      state.fetch = fetch
      return fetch
    }
    await fetch?.value
  }

  private func fetch() async {
    do throws(KeyFault) {
      settle(try await KeySet(json: options.keys.fetch(timeout: options.fetchTimeout)))
    } catch {
      settle(error)
    }
  }

  private func settle(_ keys: KeySet) {
    let (old, fault) = state.withLock { state in
      let before = (state.keys, state.fault)
      // The same keys again: what they verified still holds.
      if state.keys?.sources != keys.sources {
        state.keys = keys
        state.cache = TokenCache()
      }
      state.fault = nil
      state.lastSuccess = .now
      state.lastFetch = .now
      state.fetch = nil
      return before
    }
    if old?.sources != keys.sources {
      logger.info(
        old == nil ? "loaded the keys that verify tokens" : "the keys that verify tokens changed",
        metadata: [
          "source": "\(options.keys)", "keys": "\(Self.names(keys.sources))", "ignored": "\(keys.ignored)",
          "removed": "\(Self.names(old?.sources.subtracting(keys.sources) ?? []))",
        ])
    } else if fault != nil {
      logger.info("the keys that verify tokens are fresh again", metadata: ["source": "\(options.keys)"])
    }
  }

  private func settle(_ fault: KeyFault) {
    let (isNews, hasKeys) = state.withLock { state in
      defer { state.fault = fault }
      state.lastFetch = .now
      state.fetch = nil
      return (state.fault != fault, state.keys != nil)
    }
    // Told once: it is tried again every few seconds. What is cancelled did not fail.
    guard isNews, !Task.isCancelled else { return }
    logger.warning(
      hasKeys
        ? "the keys that verify tokens cannot be refreshed: the last good ones stay in use"
        : "there are no keys to verify tokens with: nobody can be identified",
      metadata: ["source": "\(options.keys)", "reason": "\(fault.reason.printable)"])
  }

  private static func names(_ keys: Set<WebKey>) -> String {
    keys.map { ($0.kid ?? "(no kid)").printable }.sorted().joined(separator: " ")
  }
}
