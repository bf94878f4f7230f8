import Foundation
import Keys
import Lanes
import Market
import Redis
import Synchronization
import Testbed

/// Injects one fault after another, and reverts each a while later.
final class Saboteur: Sendable {
  private let stage: ChaosSystem
  private let watch: FailOverWatch
  private let diary: Diary
  private let seed: UInt64
  private let began = ContinuousClock.now
  private let log = Mutex<[Incident]>([])
  private let repairs = DispatchGroup()
  private let isRedisTaken = Mutex(false)
  private let killed = Mutex<[MasterKill]>([])

  init(_ stage: ChaosSystem, _ watch: FailOverWatch, _ diary: Diary, seed: UInt64) {
    self.diary = diary
    self.stage = stage
    self.watch = watch
    self.seed = seed
  }

  var incidents: [Incident] { log.withLock { $0 } }
  var kills: [MasterKill] { killed.withLock { $0 } }

  /// Blocks until the deadline has passed and every fault is reverted.
  func run(until deadline: ContinuousClock.Instant) {
    var deck: [Fault] = []
    var number = 0
    while true {
      var dice = Dice(seed: seed, .saboteur, number)
      Thread.sleep(forTimeInterval: dice.seconds(0.3...1).seconds)
      guard ContinuousClock.now < deadline else { break }
      if deck.isEmpty {
        var cut = Dice(seed: seed, .deck, number)
        deck = Fault.all(on: stage).flatMap { Array(repeating: $0, count: $0.weight) }.shuffled(
          using: &cut)
      }
      commit(deck.removeLast(), dice)
      number += 1
    }
    repairs.wait()
  }

  private func commit(_ fault: Fault, _ dice: Dice) {
    var dice = dice
    switch fault {
    case .killWorker, .pauseWorker, .stopWorker, .scaleWorker:
      hit(dice.pick(ChaosSystem.workers), by: fault, &dice)
    case .killIngress, .stopIngress: hit("ingress", by: fault, &dice)
    case .killRedis:
      let (place, pause) = (dice.roll(0...99), dice.seconds(0...1))
      keepingRedis(fault) { [stage] in try stage.redis.restart(place, after: pause) }
    case .hangRedis:
      let (place, time) = (dice.roll(0...99), dice.seconds(1...3))
      keepingRedis(fault) { [stage] in try stage.redis.hang(place, for: time) }
    case .dropClients:
      keepingRedis(fault) { [stage] in try stage.redis.tellAll("CLIENT", "KILL", "TYPE", "normal") }
    case .flushScripts: during(fault, nil) { [stage] in try stage.redis.tellAll("SCRIPT", "FLUSH") }
    case .destroyGroup:
      let worker = dice.pick(DecidingWorker.allCases)
      let shard = Shard(dice.roll(0...stage.redis.shards - 1))
      let stream = dice.pick([
        Key.journal(of: shard), Key.commands(worker, in: shard), Key.inlet(worker),
      ])
      during(fault, nil) { [stage] in
        try stage.redis.connect().call("XGROUP", "DESTROY", stream, worker.rawValue)
      }
    case .fillRedis:
      let pause = dice.seconds(0.5...3)
      keepingRedis(fault) { [stage] in
        try stage.redis.tellAll("CONFIG", "SET", "maxmemory", "1")
        Thread.sleep(forTimeInterval: pause.seconds)
        try stage.redis.tellAll("CONFIG", "SET", "maxmemory", "0")
      }
    case .trimInlet:
      let worker = dice.pick(DecidingWorker.allCases)
      during(fault, nil) { [stage, diary] in diary.add(try RemovedEntries.take(from: worker, of: stage.redis))
      }
    case .breakKey:
      let second = (ContinuousClock.now - began).seconds
      let product = Wish.product(&dice, at: second)
      let shard = Shard.of(productid: product, among: stage.redis.shards)
      let key = dice.pick([Key.product(product, in: shard), Key.status(of: shard)])
      let pause = dice.seconds(0.5...2)
      during(fault, nil) { [stage] in
        let broken = BrokenKey(key, in: stage.redis)
        try broken.make()
        Thread.sleep(forTimeInterval: pause.seconds)
        broken.mend()
      }
    case .killMaster:
      guard case .cluster(let cluster) = stage.redis else { return }
      let (place, pause) = (dice.roll(0...99), dice.seconds(0...1))
      let silence = dice.seconds(0...MasterKill.longestSilence.seconds)
      keepingRedis(fault) { [self] in
        try MasterKill.inflict(on: cluster, place, shards: stage.redis.shards, silence: silence, pause: pause)
        {
          kill in
          killed.withLock { $0.append(kill) }
          watch.follow(kill)
        }
      }
    case .failOver:
      guard case .cluster(let cluster) = stage.redis else { return }
      let place = dice.roll(0...99)
      keepingRedis(fault) {
        try cluster.failOver(to: try cluster.replica(place))
        try cluster.waitForAgreement()
      }
    case .moveSlot:
      guard case .cluster(let cluster) = stage.redis else { return }
      let shards = (0..<stage.redis.shards).map { Key.journal(of: Shard($0)) }
      let slot = HashSlot(of: dice.pick(shards + DecidingWorker.allCases.map(Key.inlet)))
      let place = dice.roll(0...99)
      keepingRedis(fault) {
        let owner = try cluster.owner(of: slot)
        let target = try cluster.master(place, besides: owner)
        // Somebody can break it off half-way, for example by dropping all clients.
        try insist("the slot is moved") { try cluster.move(slot, to: target) }
        try cluster.waitForAgreement()
      }
    }
  }

  /// Injects a fault into one process of an executable, in the background if it takes time.
  private func hit(_ target: String, by fault: Fault, _ dice: inout Dice) {
    let (place, pause) = (dice.roll(0...99), dice.seconds(0.5...2))
    if fault == .scaleWorker {
      return during(fault, target) { [stage] in
        for count in [1, 4, 1, ChaosSystem.replicas] {
          try stage.scale(target, to: count)
          Thread.sleep(forTimeInterval: 1.5)
        }
      }
    }
    guard let member = stage.take(target, place) else { return }
    let before = fault == .killWorker ? watch.lanes(of: member) : []
    if fault == .killWorker || fault == .killIngress {
      let moment = ContinuousClock.now
      member.process.kill()
      watch.follow(before, since: moment)
    }
    during(fault, target) { [stage] in
      switch fault {
      case .pauseWorker:
        member.process.signal(SIGSTOP)
        Thread.sleep(forTimeInterval: (ChaosSystem.lease + pause).seconds)
        member.process.signal(SIGCONT)
        stage.putBack(member)
      case .stopWorker, .stopIngress:
        guard member.process.terminate() != nil else {
          throw Mishap("\(target) did not end within \(Patience.limit) of SIGTERM")
        }
        fallthrough
      default:
        Thread.sleep(forTimeInterval: pause.seconds)
        try stage.start(target, port: member.port)
      }
    }
  }

  /// Runs a fault that makes Redis unavailable; only one at a time.
  private func keepingRedis(_ fault: Fault, _ work: @escaping @Sendable () throws -> Void) {
    let isFree = isRedisTaken.withLock { isTaken in
      defer { isTaken = true }
      return !isTaken
    }
    guard isFree else { return }
    during(fault, nil) { [self] in
      defer { isRedisTaken.withLock { $0 = false } }
      try work()
    }
  }

  /// Records a fault that takes a while; one that found no target does not count.
  private func during(
    _ fault: Fault, _ target: String?, _ work: @escaping @Sendable () throws -> Void
  ) {
    let place = log.withLock { log in
      log.append(Incident(fault: fault, target: target, began: .now))
      return log.count - 1
    }
    repairs.enter()
    Thread.detachNewThread { [self] in
      let result = Result { try work() }
      log.withLock { log in
        log[place].ended = .now
        guard case .failure(let error) = result else { return }
        log[place].isVoid = error is RedisError
        if !log[place].isVoid { log[place].problem = "\(fault.rawValue): \(error)" }
      }
      repairs.leave()
    }
  }
}
