/// Where Redis is: one primary, or the masters of a cluster. Found once, at the start of a process.
public enum RedisDeployment: Sendable, CustomStringConvertible {
  /// One server, or the primary that sentinels name.
  case single(RedisURL)
  case cluster(Cluster)

  /// Finds out what kind of Redis a URL leads to. Blocks for some round trips.
  ///
  /// Throws if no server answers, if the URL names several nodes that are no cluster, or if it names a database
  /// of a cluster, which has none but 0.
  public init(of url: RedisURL) throws(RedisError) {
    switch url.endpoint {
    case .cluster: self = .cluster(try Cluster(url))
    case .unix, .sentinel: self = .single(url)
    case .tcp:
      // A cluster refuses to select a database, so it is asked without.
      var server = url
      server.database = 0
      let isCluster = try RedisConnection(server).call("INFO", "cluster").fact("cluster_enabled") == "1"
      self = isCluster ? .cluster(try Cluster(url)) : .single(url)
    }
  }

  /// Returns a new blocking link for the calling thread.
  public func connect() throws(RedisError) -> any RedisLink {
    switch self {
    case .single(let url): try RedisConnection(url)
    case .cluster(let cluster): ClusterConnection(cluster)
    }
  }

  /// How it was named, without the password.
  public var description: String {
    switch self {
    case .single(let url): "\(url)"
    case .cluster(let cluster): "\(cluster)"
    }
  }
}
