import Redis

/// Why a lane stands still, kept in Redis for every replica, `handover status` and the person who mends it.
///
/// A hash: `reason` and, if a commit failed in the middle, what is left of it. That part is finished before the lane
/// goes on, exactly from where it stopped, so the batch is applied as a whole after all.
enum LaneHalt {
  /// How long a reason is kept that its owner does not repeat, in milliseconds.
  private static let lifetime = 10_000

  /// Finishes a commit that failed in the middle.
  ///
  /// `KEYS` the lease, the halt; `ARGV` the token, the lease's time in ms. Returns 0 if there was nothing to finish,
  /// 1 if it is finished. Errors: as those of `Commit.script`.
  static let finish = Script(
    """
    if redis.call('GET',KEYS[1])~=ARGV[1] then return redis.error_reply('FENCED another owner has the lane') end
    \(Commit.machine)
    call('PEXPIRE',KEYS[1],ARGV[2])
    local parts=call('HMGET',KEYS[2],'body','own','cursors')
    if not parts[3] then return 0 end
    local failure=attempt(parts)
    if failure then
      call('HSET',KEYS[2],'reason',failure,'body',parts[1],'own',parts[2],'cursors',parts[3])
      return redis.error_reply('HALTED '..failure)
    end
    call('DEL',KEYS[2])
    return 1
    """)

  /// Keeps a reason for a while. `KEYS` the lease, the halt; `ARGV` the token, the lease's time in ms, the reason.
  /// What is left of a commit stays as it is, with its own reason, for good.
  static let keep = Script(
    """
    if redis.call('GET',KEYS[1])~=ARGV[1] then return 0 end
    redis.call('PEXPIRE',KEYS[1],ARGV[2])
    if redis.call('HEXISTS',KEYS[2],'cursors')==1 then return 1 end
    redis.call('HSET',KEYS[2],'reason',ARGV[3])
    return redis.call('PEXPIRE',KEYS[2],\(lifetime))
    """)
}
