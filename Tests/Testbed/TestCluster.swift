import Processes

extension TestRedis {
  /// Returns options that make a server a node of a cluster on ports of its own.
  package static func clusterOptions() throws -> [String] {
    [
      "--cluster-enabled", "yes", "--port", "\(try FreePort.find())", "--cluster-port",
      "\(try FreePort.find())",
    ]
  }
}
