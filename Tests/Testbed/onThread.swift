import Foundation

/// Runs blocking work on a thread of its own: the few threads that run the tests must not wait.
package func onThread<Result: Sendable>(
  _ work: @escaping @Sendable () throws -> Result
) async throws -> Result {
  try await withTaskExecutorPreference(ThreadExecutor()) { try work() }
}

/// Gives every piece of a task a new thread. It stays the same task, so what it finds counts for its test.
private final class ThreadExecutor: TaskExecutor {
  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    Thread { job.runSynchronously(on: self.asUnownedTaskExecutor()) }.start()
  }
}
