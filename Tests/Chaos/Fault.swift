import Testbed

/// A fault that is injected while the system works.
enum Fault: String, CaseIterable {
  case killWorker = "kill -9 of a worker"
  case pauseWorker = "a worker paused beyond its lease"
  case stopWorker = "SIGTERM to a worker"
  case scaleWorker = "a worker scaled 1 → 4 → 1"
  case killIngress = "kill -9 of an ingress"
  case stopIngress = "SIGTERM to an ingress"
  case killRedis = "kill -9 of Redis"
  case hangRedis = "Redis hangs"
  case dropClients = "CLIENT KILL TYPE normal"
  case flushScripts = "SCRIPT FLUSH"
  case destroyGroup = "XGROUP DESTROY"
  case fillRedis = "Redis is full"
  case trimInlet = "an inlet emptied by XADD MAXLEN 0"
  case breakKey = "a key of another type, then mended"
  case killMaster = "kill -9 of a master for good"
  case failOver = "a manual fail-over of a master"
  case moveSlot = "a slot moved to another master"

  /// All that can happen to a system.
  static func all(on stage: ChaosSystem) -> [Fault] {
    switch stage.redis {
    case .single: allCases.filter { !$0.needsCluster }
    case .cluster:
      allCases.filter { stage.losesMasters ? !$0.needsPatience : $0 != .killMaster }
    }
  }

  /// Whether it needs masters that nobody takes over from: because it would not stay what it is, or because its own
  /// effect could be lost, which no account knows of.
  private var needsPatience: Bool {
    switch self {
    case .killRedis, .hangRedis, .trimInlet, .breakKey: true
    case .killWorker, .pauseWorker, .stopWorker, .scaleWorker, .killIngress, .stopIngress, .dropClients,
      .flushScripts, .destroyGroup, .fillRedis, .killMaster, .failOver, .moveSlot:
      false
    }
  }

  private var needsCluster: Bool {
    switch self {
    case .killMaster, .failOver, .moveSlot: true
    case .killWorker, .pauseWorker, .stopWorker, .scaleWorker, .killIngress, .stopIngress, .killRedis,
      .hangRedis, .dropClients, .flushScripts, .destroyGroup, .fillRedis, .trimInlet, .breakKey:
      false
    }
  }

  /// How often it occurs in a deck of faults.
  var weight: Int {
    switch self {
    case .killWorker: 7
    case .moveSlot, .killMaster: 5
    case .pauseWorker, .failOver: 3
    case .stopWorker, .killIngress, .killRedis, .dropClients, .destroyGroup, .breakKey: 2
    case .scaleWorker, .stopIngress, .hangRedis, .flushScripts, .fillRedis, .trimInlet: 1
    }
  }

  /// Whether it affects every lane.
  var hitsAll: Bool {
    switch self {
    case .killRedis, .hangRedis, .dropClients, .flushScripts, .fillRedis, .killMaster, .failOver: true
    case .killWorker, .pauseWorker, .stopWorker, .scaleWorker, .killIngress, .stopIngress, .destroyGroup,
      .breakKey, .trimInlet, .moveSlot:
      false
    }
  }
}
