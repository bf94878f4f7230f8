import Redis

/// Why a lane stands still, stored in Redis for every replica, `handover status` and the operator.
///
/// A hash: `reason`, `remedy` and, if a commit failed in the middle, the rest of it. The lane finishes that rest before
/// it resumes, from exactly where the commit stopped, so the whole batch is applied in the end.
enum LaneHalt {
  /// How long a reason is kept if the owner does not renew it, in milliseconds.
  private static let lifetime = 10_000

  /// Finishes a commit that failed in the middle.
  ///
  /// `KEYS`: the lease, the halt; `ARGV`: the token, the lease's time in ms. Returns 0 if there was nothing
  /// to finish, 1 if it is finished. Errors: those of `Commit.script`.
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

  /// Stores a reason for a limited time.
  ///
  /// `KEYS`: the lease, the halt; `ARGV`: the token, the lease's time in ms, the reason, the
  /// remedy. The rest of a failed commit is left untouched, with its own reason, without a time limit.
  static let keep = Script(
    """
    if redis.call('GET',KEYS[1])~=ARGV[1] then return 0 end
    redis.call('PEXPIRE',KEYS[1],ARGV[2])
    redis.call('HSET',KEYS[2],'remedy',ARGV[4])
    if redis.call('HEXISTS',KEYS[2],'cursors')==1 then return 1 end
    redis.call('HSET',KEYS[2],'reason',ARGV[3])
    return redis.call('PEXPIRE',KEYS[2],\(lifetime))
    """)
}
