import Redis

/// Waiting for entries on a cluster, where no command can wait for several slots: each idle lane has a read of its
/// own that waits in Redis, on a connection of its own.
extension LaneSession {
  /// How long such a read waits in Redis before it has to be sent again.
  private static let patience = Duration.seconds(5)

  /// Lets a read wait for an idle lane's next entries.
  func beginBlockedRead(of lane: Lane) throws(RedisError) {
    let read = StreamRead(of: [lane], limit: runner.options.batch, wait: Self.patience, together: false)
    // It may have to read between its own entries first, or something is buffered.
    guard read.isBlocking else { return }
    try blocked.begin(lane.name, read.commands, blocking: Self.patience) { () throws(RedisError) in
      try server.connect()
    }
    blockedReads[lane.name] = read
    lane.isBlocked = true
  }

  /// Gives the lanes what their reads have found. Returns these lanes.
  ///
  /// - Parameter time: How long to wait until there is something.
  func takeBlockedReads(within time: Duration) throws(RedisError) -> Set<LaneName> {
    var found: Set<LaneName> = []
    for (name, result) in blocked.wait(time, limit: LaneOptions.readBytes(streams: 2)) {
      guard let read = blockedReads.removeValue(forKey: name), let lane = read.lanes.first else { continue }
      lane.isBlocked = false
      guard isRunning(lane) else { continue }
      switch result {
      case .success(let reply):
        if let error = reply.error {
          try fail(lane, because: error)
        } else {
          try read.fill([reply])
          found.insert(name)
        }
      case .failure(let error):
        // If the server is gone, the next read of the lane tells.
        guard error.code == .unavailable || error.code == .timeout else { throw error }
      }
    }
    return found
  }

  /// Gives up the read that waits for a lane, because the lane goes on elsewhere on its stream.
  func endBlockedRead(of name: LaneName) {
    blocked.end(name)
    blockedReads.removeValue(forKey: name)?.lanes.first?.isBlocked = false
  }

  /// Gives up the reads that wait for lanes which do not run here any more.
  func endBlockedReadsOfFormerLanes() {
    let here = Set(table.running.map(\.name))
    blocked.keep(here)
    blockedReads = blockedReads.filter { here.contains($0.key) }
  }
}
