import Foundation

/// Runs blocking work on its own thread, because the few threads that run the tests must not block.
package func onThread<Result: Sendable>(
  _ work: @escaping @Sendable () throws -> Result
) async throws -> Result {
  try await withTaskExecutorPreference(ThreadExecutor()) { try work() }
}

/// Runs every job of a task on a new thread. It stays the same task, so its issues are recorded for its test.
private final class ThreadExecutor: TaskExecutor {
  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    Thread { job.runSynchronously(on: self.asUnownedTaskExecutor()) }.start()
  }
}
