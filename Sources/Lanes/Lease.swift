import Redis

/// The scripts by which lanes change hands.
enum Lease {
  /// Takes a lease that is free, or still under the caller's former token.
  ///
  /// A token is used for one taking only. So a commit that an owner sent before it lost its connection cannot
  /// slip in after the same owner has come back and read its cursor anew.
  /// `KEYS[1]` the lease; `ARGV` new token, former token or empty, time in ms. Gives 0 if another owner has it, 1
  /// if it was free, 2 if it was still the caller's.
  static let acquire = Script(
    """
    local owner=redis.call('GET',KEYS[1])
    if owner and owner~=ARGV[2] then return 0 end
    redis.call('SET',KEYS[1],ARGV[1],'PX',ARGV[3])
    return owner and 2 or 1
    """)

  /// Gives a lease back, if it is still the caller's. `KEYS` the lease, the lane's attempts; `ARGV[1]` the token.
  static let release = Script(
    """
    if redis.call('GET',KEYS[1])==ARGV[1] then return redis.call('DEL',KEYS[1],KEYS[2]) end
    return 0
    """)

  /// Says that a replica is alive and gives all that are, sorted.
  ///
  /// `KEYS[1]` the worker's replicas, a sorted set by the time their word expires; `ARGV` this replica, ms.
  static let join = Script(
    """
    local time=redis.call('TIME')
    local now=time[1]*1000+math.floor(time[2]/1000)
    redis.call('ZADD',KEYS[1],now+ARGV[2],ARGV[1])
    redis.call('ZREMRANGEBYSCORE',KEYS[1],'-inf',now)
    redis.call('PEXPIRE',KEYS[1],60000)
    local names=redis.call('ZRANGE',KEYS[1],0,-1)
    table.sort(names)
    return names
    """)
}
