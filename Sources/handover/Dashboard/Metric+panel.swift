import Telemetry

extension Metric {
  /// Where the metric is shown on the dashboard, and how. A metric without a chart does not compile.
  var panel: (section: Panel.Section, panel: Panel) {
    switch self {
    case .commands: (.deals, .rate(self, "Commands decided", by: ["type"]))
    case .events: (.deals, .rate(self, "Events", by: ["type"]))
    case .rejections: (.deals, .rate(self, "Commands refused", by: ["reason"]))
    case .httpRequests: (.calls, .rate(self, "Calls", by: ["method", "route", "status"]))
    case .httpSeconds: (.calls, .quantiles(self, "Time of a call", .seconds, by: ["method"]))
    case .rateLimited: (.calls, .rate(self, "Calls refused because the caller made too many", by: ["policy"]))
    case .noticeStreams: (.calls, .gauge(self, "Open streams of notices", .sum, by: ["job"]))
    case .lagSeconds:
      (.workers, .gauge(self, "Age of the oldest unread entry", .max, .seconds, by: ["worker"]))
    case .lagEntries: (.workers, .gauge(self, "Unread entries", .sum, by: ["worker"]))
    case .timers: (.workers, .rate(self, "Timers that came due", by: ["worker"]))
    case .timerLagSeconds:
      (.workers, .gauge(self, "How late timers are", .max, .seconds, by: ["worker"]))
    case .entries: (.workers, .rate(self, "Entries committed", by: ["worker"]))
    case .commits: (.workers, .rate(self, "Commits", by: ["worker"]))
    case .commitSeconds: (.workers, .quantiles(self, "Time of a commit", .seconds, by: ["worker"]))
    case .batchEntries: (.workers, .quantiles(self, "Entries of a batch", .number, by: ["worker"]))
    case .lanesHeld: (.workers, .gauge(self, "Lanes held", .sum, by: ["worker"]))
    case .lanesStanding: (.trouble, .gauge(self, "Lanes that stand still", .sum, by: ["worker"]))
    case .redisMemory: (.redis, .gauge(self, "Memory used", .max, .bytes, by: ["master"]))
    case .redisMemoryLimit: (.redis, .gauge(self, "Memory that may be used", .max, .bytes, by: ["master"]))
    case .archiveAge:
      (.redis, .gauge(self, "Age of the oldest record that is not exported", .max, .seconds, by: ["job"]))
    case .buildInfo: (.workers, .gauge(self, "Processes by release", .sum, by: ["release", "format"]))
    case .deadLetters: (.trouble, .rate(self, "Entries put aside", by: ["worker"]))
    case .deadLettersKept: (.trouble, .gauge(self, "Dead letters kept (10,000 at most)", .max, by: ["slot"]))
    case .deadLettersDropped: (.trouble, .rate(self, "Dead letters dropped to bound memory", by: ["worker"]))
    case .entriesRemoved: (.trouble, .rate(self, "Entries removed before they were read", by: ["worker"]))
    case .inletsRestarted: (.trouble, .rate(self, "Inlets that restarted", by: ["worker"]))
    case .fencedCommits:
      (.trouble, .rate(self, "Commits refused because another has the lane", by: ["worker"]))
    case .redisReconnects: (.trouble, .rate(self, "Reconnects to Redis", by: ["worker"]))
    }
  }
}
