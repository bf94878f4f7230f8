import Foundation
import Processes

extension RunningProcess {
  /// The CPU time that the process has used so far, in seconds, including all its threads.
  var cpuSeconds: Double { Self.cpuSeconds(of: id) }

  /// Returns the CPU time of any process; 0 if it does not exist.
  static func cpuSeconds(of id: pid_t) -> Double {
    var clock = clockid_t()
    var time = timespec()
    // Precise to the nanosecond; /proc/<id>/stat counts in hundredths of a second.
    guard clock_getcpuclockid(id, &clock) == 0, clock_gettime(clock, &time) == 0 else { return 0 }
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
