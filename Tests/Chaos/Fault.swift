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

  /// How often it occurs in a deck of faults.
  var weight: Int {
    switch self {
    case .killWorker: 7
    case .pauseWorker: 3
    case .stopWorker, .killIngress, .killRedis, .dropClients, .destroyGroup, .breakKey: 2
    case .scaleWorker, .stopIngress, .hangRedis, .flushScripts, .fillRedis, .trimInlet: 1
    }
  }

  /// Whether it affects every lane.
  var hitsAll: Bool {
    switch self {
    case .killRedis, .hangRedis, .dropClients, .flushScripts, .fillRedis: true
    case .killWorker, .pauseWorker, .stopWorker, .scaleWorker, .killIngress, .stopIngress, .destroyGroup,
      .breakKey, .trimInlet:
      false
    }
  }
}
