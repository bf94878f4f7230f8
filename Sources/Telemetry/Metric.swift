/// All metrics of the system, with their Prometheus names and help texts.
public enum Metric: String, CaseIterable, Sendable {
  case commands = "handover_commands_total"
  case events = "handover_events_total"
  case rejections = "handover_rejections_total"
  case deadLetters = "handover_dead_letters_total"
  case deadLettersKept = "handover_dead_letters_kept"
  case deadLettersDropped = "handover_dead_letters_dropped_total"
  case entriesRemoved = "handover_entries_removed_total"
  case inletsRestarted = "handover_inlets_restarted_total"
  case fencedCommits = "handover_fenced_commits_total"
  case redisReconnects = "handover_redis_reconnects_total"
  case entries = "handover_entries_total"
  case commits = "handover_commits_total"
  case commitSeconds = "handover_commit_seconds"
  case batchEntries = "handover_batch_entries"
  case lanesHeld = "handover_lanes_held"
  case lanesStanding = "handover_lanes_standing"
  case lagEntries = "handover_lag_entries"
  case lagSeconds = "handover_lag_seconds"
  case timers = "handover_timers_total"
  case timerLagSeconds = "handover_timer_lag_seconds"
  case rateLimited = "handover_rate_limited_total"
  case noticeStreams = "handover_notice_streams"
  case redisMemory = "handover_redis_memory_bytes"
  case redisMemoryLimit = "handover_redis_memory_limit_bytes"
  case archiveAge = "handover_archive_age_seconds"
  case buildInfo = "handover_build_info"
  case httpRequests = "http_server_requests_total"
  case httpSeconds = "http_server_request_duration_seconds"

  /// What it counts, for `# HELP` lines and dashboards.
  public var help: String {
    switch self {
    case .commands: "Commands decided, by worker and type."
    case .events: "Events written to the journals, by worker and type."
    case .rejections: "Commands refused by the rules of the deal, by worker and reason."
    case .deadLetters: "Entries put aside because they could not be handled, by worker."
    case .deadLettersKept:
      "Dead letters that are kept, by slot; the oldest are dropped beyond 10,000 and after 90 days."
    case .deadLettersDropped: "Dead letters dropped to bound memory, by worker."
    case .entriesRemoved: "Entries removed from a stream before they were read, by worker."
    case .inletsRestarted:
      "Inlets that restarted because they were deleted or their ids were far ahead of the clock, by worker."
    case .fencedCommits: "Commits refused because another owner has the lane, by worker."
    case .redisReconnects: "Reconnects after a broken connection to Redis, by worker."
    case .entries: "Stream entries committed, by worker."
    case .commits: "Batches committed, by worker."
    case .commitSeconds: "Time from sending a commit to its reply, by worker."
    case .batchEntries: "Entries per batch, by worker."
    case .lanesHeld: "Lanes held by this process, by worker."
    case .lanesStanding:
      "Lanes held by this process that stand still until the cause is removed, by worker."
    case .lagEntries: "Unread entries, by worker and shard."
    case .lagSeconds: "Age of the oldest unread entry, by worker and shard."
    case .timers: "Timers that came due, by worker."
    case .timerLagSeconds:
      "How late the earliest timer is that has not come back to its lane, by worker and shard."
    case .rateLimited: "HTTP requests refused because the caller made too many, by policy."
    case .noticeStreams: "Open streams of notices."
    case .redisMemory: "Memory that Redis uses, by master."
    case .redisMemoryLimit:
      "Memory that Redis may use, by master: maxmemory, or all of its machine without one."
    case .archiveAge: "Age of the oldest record in Redis that has left and is in no file yet."
    case .buildInfo: "1, by release and by the format of the data that the process writes."
    case .httpRequests: "HTTP requests answered, by method, route and status."
    case .httpSeconds: "Time to answer an HTTP request, by method, route and status."
    }
  }

  /// Returns the upper bounds of a histogram's buckets.
  static func buckets(for label: String) -> [Double] {
    label == batchEntries.rawValue
      ? [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]
      : [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
  }
}
