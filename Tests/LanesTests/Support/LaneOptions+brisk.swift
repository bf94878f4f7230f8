import Lanes

extension LaneOptions {
  /// Small batches and short leases, so that much happens in a short time.
  static var brisk: LaneOptions {
    var options = LaneOptions()
    options.batch = 16
    options.lease = .milliseconds(1000)
    options.heartbeat = .milliseconds(50)
    options.replicaLifetime = .milliseconds(500)
    return options
  }
}
