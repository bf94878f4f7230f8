import Redis

/// The scripts that pass lanes from one owner to another.
///
/// Each script starts with a write that Redis allows even when it is out of memory; Redis then lets the rest
/// of the script through. Lanes must still change owners at that point, or accepted work would never be
/// finished.
enum Lease {
  /// Takes a lease that is free, expired, or still held under the caller's former token.
  ///
  /// Each acquisition uses a new token. So a commit that an owner sent before it lost its connection cannot
  /// slip in after the same owner has reconnected and read its cursor again. A lease that lasts more than
  /// twice the caller's time was set before the clock went back: it counts as expired.
  ///
  /// `KEYS[1]` is the lease; `ARGV`: new token, former token or empty, time in ms. Returns 0 if another owner
  /// has the lease, 1 if it was free, 2 if it was still the caller's.
  static let acquire = Script(
    """
    local owner=redis.call('GET',KEYS[1])
    if owner and owner~=ARGV[2] and redis.call('PTTL',KEYS[1])<=2*ARGV[3] then return 0 end
    redis.call('PEXPIRE',KEYS[1],ARGV[3])
    redis.call('SET',KEYS[1],ARGV[1],'PX',ARGV[3])
    return owner==ARGV[2] and 2 or 1
    """)

  /// Extends a lease. `KEYS[1]` is the lease; `ARGV`: token, time in ms. Returns 0 if it is no longer the
  /// caller's.
  static let extend = Script(
    """
    if redis.call('GET',KEYS[1])~=ARGV[1] then return 0 end
    return redis.call('PEXPIRE',KEYS[1],ARGV[2])
    """)

  /// Releases a lease if it is still the caller's. `KEYS`: the lease, the lane's attempts; `ARGV[1]` is the
  /// token.
  static let release = Script(
    """
    if redis.call('GET',KEYS[1])==ARGV[1] then return redis.call('DEL',KEYS[1],KEYS[2]) end
    return 0
    """)

  /// Records in a lane's attempts what its owner is doing, if the lease is still the caller's.
  ///
  /// `KEYS`: the lease, the lane's attempts; `ARGV`: token, lease time in ms, then names and values. An empty
  /// value removes the name.
  static let note = Script(
    """
    if redis.call('GET',KEYS[1])~=ARGV[1] then return 0 end
    redis.call('PEXPIRE',KEYS[1],ARGV[2])
    for i=3,#ARGV,2 do
      if ARGV[i+1]=='' then redis.call('HDEL',KEYS[2],ARGV[i])
      else redis.call('HSET',KEYS[2],ARGV[i],ARGV[i+1]) end
    end
    return 1
    """)

  /// Registers a replica as alive and returns the names of all living replicas, sorted.
  ///
  /// A replica whose heartbeat would last more than twice the caller's time sent it before the clock went
  /// back: it counts as gone until it registers again.
  ///
  /// `KEYS[1]` is the worker's replicas, a sorted set scored by when each heartbeat expires; `ARGV`: this
  /// replica, time in ms.
  static let join = Script(
    """
    local time=redis.call('TIME')
    local now=time[1]*1000+math.floor(time[2]/1000)
    redis.call('PEXPIRE',KEYS[1],60000)
    redis.call('ZADD',KEYS[1],now+ARGV[2],ARGV[1])
    redis.call('ZREMRANGEBYSCORE',KEYS[1],'-inf',now)
    redis.call('ZREMRANGEBYSCORE',KEYS[1],now+2*ARGV[2]+1,'+inf')
    redis.call('PEXPIRE',KEYS[1],60000)
    local names=redis.call('ZRANGE',KEYS[1],0,-1)
    table.sort(names)
    return names
    """)
}
